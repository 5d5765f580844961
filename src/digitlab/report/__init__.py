"""Pages that stand alone: one HTML file each, with everything in it."""

from digitlab.report.page import check_page, write_report
from digitlab.report.render import data_url, render
from digitlab.report.story import Story, Subject, story_of_runs, story_of_study
from digitlab.report.timeline import write_timeline_page

__all__ = [
    "Story",
    "Subject",
    "check_page",
    "data_url",
    "render",
    "story_of_runs",
    "story_of_study",
    "write_report",
    "write_timeline_page",
]
