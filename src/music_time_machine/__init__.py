"""Music Time Machine: a dated archive of what a person listens to.

The floors of the house, and which may import which, are in DESIGN.md.
"""

__version__ = "0.1.0"
