"""PowerShell's progress records are nothing for people; its errors are."""

from vttbench.measuring.clixml import without_clixml

PROGRESS = (
    '#< CLIXML\r\n<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">'
    '<Obj S="progress" RefId="0"><MS><I64 N="SourceId">1</I64></MS></Obj></Objs>'
)
ERROR = (
    '#< CLIXML\n<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">'
    '<S S="Error">The path &lt;C:\\x&gt; is _x000D__x000A_</S><S S="Error">gone</S></Objs>'
)


def test_progress_records_are_left_out():
    assert without_clixml(PROGRESS) == ""
    assert without_clixml("before\n" + PROGRESS + "after") == "before\nafter"


def test_what_it_reports_as_an_error_stays_in_plain_words():
    assert without_clixml(ERROR) == "The path <C:\\x> is \r\ngone"


def test_a_text_without_records_is_left_as_it_is():
    assert without_clixml("fio: bad option <rw=read>\n") == "fio: bad option <rw=read>\n"
