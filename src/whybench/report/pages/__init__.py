"""The pages of a site, one a module; each has `write(site, origin)`."""
