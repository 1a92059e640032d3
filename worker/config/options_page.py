"""Options of the preview page."""

from worker.config.base import Options, option
from worker.config.kinds import Words, YesNo


class PageOptions(Options):
    """The preview page: plain files to open in a browser. They hold what the books hold, so only their owner can read
    them."""

    folder: Words = option("Folder for the page; otherwise page in the state folder.", "./state/page", default="page")
    every_run: YesNo = option("Whether every run writes it, or only preview.", "yes", default=True)
