from ranvier.insight.report.markup import LONG, Html, table


def test_a_long_text_in_a_table_is_given_room_and_other_cells_are_not():
    long = "a" * LONG
    made = table("rows", ["row", "text", "number"], [["1", long, long], ["2", long[1:], Html(long)]], [2])
    assert made.count('<td class="prose">') == 1
    assert f'<td class="prose">{long}</td>' in made
    assert made.count('class="number"') == 3  # the heading, and a cell in each row
