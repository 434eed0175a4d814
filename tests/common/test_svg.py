"""Geometry of the charts, apart from how they look."""

import datetime as dt
import re
from xml.etree import ElementTree

import pytest

from common import svg
from common.svg import frame
from common.svg.strip import day_scale

TIME = dt.time
DAY = [
    svg.Block(TIME(9), TIME(11), "Calls"),
    svg.Block(TIME(11), TIME(13), "Meetings"),
    svg.Block(TIME(13), TIME(14), "Lunch", rest=True),
    svg.Block(TIME(14), TIME(19), "Lists"),
]


def tree(markup: str) -> ElementTree.Element:
    return ElementTree.fromstring(markup)


def rects(markup: str, css: str) -> list[dict[str, str]]:
    return [node.attrib for node in tree(markup).iter("rect") if node.attrib["class"] == css]


def test_share_stays_between_nothing_and_the_whole():
    assert frame.share(86, 115.5) == pytest.approx(74.459, abs=0.001)
    assert frame.share(200, 100) == 100
    assert frame.share(-5, 100) == 0
    assert frame.share(5, 0) == frame.share(None, 100) == frame.share(5, None) == 0


def test_stack_fills_the_bar_exactly():
    segments = frame.stack([6, 14, 54])
    assert segments[0] == (0, pytest.approx(8.108, abs=0.001))
    assert segments[1][0] == pytest.approx(segments[0][1])
    assert segments[-1][0] + segments[-1][1] == pytest.approx(100)


def test_stack_of_nothing_draws_nothing():
    assert frame.stack([0, 0, 0]) == [(0, 0), (0, 0), (0, 0)]


def test_light_bar_ticks_stand_at_the_floors():
    bar = svg.light_bar(12, 20, 38, green_floor=16.67, yellow_floor=27.78, title="Bar")
    assert [tick["x"] for tick in rects(bar, "c-tick")] == ["16.67%", "44.45%"]
    assert [rects(bar, f"c-{colour}")[0]["x"] for colour in ("green", "yellow", "red")] == ["0%", "17.14%", "45.71%"]


def test_light_bar_leaves_out_a_figure_that_has_no_room():
    words = [node.text for node in tree(svg.light_bar(1, 60, 339)).iter("text")]
    assert words == ["60", "339"]


def test_light_bar_without_clients_is_an_empty_track():
    bar = svg.light_bar(0, 0, 0, title="Empty")
    assert len(rects(bar, "c-track")) == 1
    assert not rects(bar, "c-red")


def test_meter_stops_at_its_end_and_keeps_the_tick_inside():
    drawn = svg.meter(130, 100, tick=100)
    assert rects(drawn, "c-fact")[0]["width"] == "100%"
    tick = rects(drawn, "c-tick")[0]
    assert (tick["x"], tick["transform"]) == ("100%", "translate(-2)")


def test_meter_of_nothing_has_no_fact():
    assert not rects(svg.meter(0, 100), "c-fact")


def test_bullet_above_the_plan_marks_the_plan():
    drawn = svg.bullet(150, 100)
    assert rects(drawn, "c-fact")[0]["width"] == "100%"
    assert rects(drawn, "c-tick")[0]["x"] == "66.67%"
    assert not rects(svg.bullet(50, 100), "c-tick")


def test_bullet_shows_only_a_forecast_above_the_fact():
    assert rects(svg.bullet(40, 100, forecast=70), "c-forecast")[0]["width"] == "70%"
    assert not rects(svg.bullet(40, 100, forecast=30), "c-forecast")


def test_funnel_columns_keep_small_steps_visible():
    assert frame.columns([1510, 302, 1, 0]) == [100, 20, 2, 0]
    assert frame.columns([]) == []


def test_axis_ends_at_the_first_round_mark_above():
    assert frame.axis(9.74) == [0, 2, 4, 6, 8, 10]
    assert frame.axis(0.9) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    assert frame.axis(0) == [0, 1]


def test_polyline_spreads_points_and_puts_the_high_on_top():
    assert frame.polyline([0, 10, 5], 100, 50, low=0, high=10) == [(0, 50), (50, 0), (100, 25)]
    assert frame.polyline([7], 100, 50, low=7, high=7) == [(0, 50)]


def test_cumulative_line_begins_at_zero_and_ends_with_the_last_known_day():
    days = [svg.CumulativeDay(str(n), plan=n * 100, fact=n * 90 if n < 3 else None) for n in range(1, 6)]
    chart = svg.cumulative(days, title="Total", unit=1)
    line = next(n for n in tree(chart).iter("polyline") if n.attrib["class"] == "c-line")
    points = [tuple(map(float, pair.split(","))) for pair in line.attrib["points"].split()]
    assert len(points) == 3
    assert points[0] == (44, 234)
    assert points[2][0] == pytest.approx(44 + 860 * 2 / 5)


def test_cumulative_forecast_continues_from_the_fact():
    days = [
        svg.CumulativeDay("1", plan=100, fact=50),
        svg.CumulativeDay("2", plan=200, forecast=120),
        svg.CumulativeDay("3", plan=300, forecast=190),
    ]
    chart = tree(svg.cumulative(days, title="Total", unit=1))
    lines = {n.attrib["class"]: n.attrib["points"].split() for n in chart.iter("polyline")}
    assert lines["c-line-forecast"][0] == lines["c-line"][-1]
    assert len(lines["c-line-forecast"]) == 3


def test_day_scale_tells_past_present_rest_and_ahead():
    scale = day_scale(DAY, TIME(12))
    assert [kind for _start, _width, kind, _done in scale] == ["past", "now", "rest", "ahead"]
    assert [(start, width) for start, width, _kind, _done in scale] == [(0, 20), (20, 20), (40, 10), (50, 50)]
    assert scale[1][3] == 50


def test_day_scale_after_work_has_no_present_block():
    assert "now" not in [kind for _s, _w, kind, _d in day_scale(DAY, TIME(20))]


def test_charts_obey_the_content_policy_and_escape_names():
    charts = [
        svg.meter(5, 10, tick=8, title="<b>"),
        svg.light_bar(1, 2, 3, green_floor=10, yellow_floor=20, title="<b>"),
        svg.bullet(1, 2, forecast=3, title="<b>"),
        svg.sparkline([1, 3, 2], title="<b>"),
        svg.funnel([("<b>", 10), ("B", 5)], title="<b>"),
        svg.cumulative([svg.CumulativeDay("<b>", plan=1, fact=1)], title="<b>", desc="<i>"),
        svg.day_strip([svg.Block(TIME(9), TIME(18), "<b>")], TIME(12), title="<b>"),
    ]
    for chart in charts:
        assert "<b>" not in chart and "<i>" not in chart
        assert not re.search(r"\sstyle=|\son\w+=", chart)
        drawn = next(tree(chart).iter("svg"))
        assert drawn.find("title").text == "<b>"
        assert drawn.attrib["role"] == "img"


def test_a_chart_without_a_title_is_hidden_from_readers():
    assert tree(svg.meter(5, 10)).attrib["aria-hidden"] == "true"


def test_coordinates_never_carry_the_comma_of_a_language(settings):
    from django.utils.translation import override

    with override("ru"):
        assert not re.search(r'="[\d.]*,', svg.meter(1, 3, tick=2))


def test_data_table_tells_the_same_numbers():
    table = svg.data_table(["Day", "Fact"], [["1", "10"], ["2", "<20>"]], summary="Table")
    assert table.count("<td") == 4
    assert "&lt;20&gt;" in table
