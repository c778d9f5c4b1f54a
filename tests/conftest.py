"""Services that tests of more than one room share."""

from tests.services.seaweedfs import own_seaweed, seaweed, seaweed_server

__all__ = ["own_seaweed", "seaweed", "seaweed_server"]
