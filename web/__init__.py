"""Flask: the JSON API for stations and integrators, and the pages for people."""
