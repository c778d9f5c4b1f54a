"""Celery workers: the stages of a clip and the standing jobs."""
