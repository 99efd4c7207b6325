"""A text that would run, break out or mislead if a page ever took it for markup."""

HOSTILE = (
    "\"'></title><script>document.title='x'</script>"
    "<img src=x onerror=document.title='x'><svg/onload=document.title='x'>{{7*7}}"
    '<a href="javascript:document.title=1">y</a>&lt;b&gt;\u202e'
)
