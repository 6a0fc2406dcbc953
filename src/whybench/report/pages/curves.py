"""The page of curves behind the scores."""

from whybench.report.charts import curve_pictures
from whybench.report.links import CURVES
from whybench.report.origin import Origin
from whybench.report.pictures import Group
from whybench.report.site import Page, Site


def write(site: Site, of: Origin) -> None:
    """curves.html."""
    groups = [Group(v.title, pictures) for v in of.views if (pictures := curve_pictures(v, site.folder))]
    specified = any(place.address == "specifications.html" for place in site.nav)
    site.write(Page(CURVES, "Curves", "curves.html.j2"), {"groups": groups, "specified": specified})
