"""The translator's version, where it can be had without importing the translator."""

#: Raised with every change of what is generated; part of the cache's key.
VERSION = "0.1.0-63"
