"""What makes the search of the documentation work where its pages are opened as files."""

from pathlib import Path

from selenium.webdriver.support.expected_conditions import title_is
from selenium.webdriver.support.wait import WebDriverWait

SCRIPT = Path(__file__).parents[2] / "docs" / "iframe-worker.js"
PAGE = """\
<!doctype html><body><script src="iframe-worker.js"></script><script>
const worker = new Worker("worker.js");
worker.addEventListener("message", message => { document.title = message.data.join(" ") });
worker.postMessage(["to", "be"]);
</script>"""
WORKER = 'addEventListener("message", message => postMessage([...message.data, "found"]))'


def test_a_page_in_a_file_has_a_worker(browser, tmp_path):
    page = tmp_path / "page.html"
    page.write_text(PAGE, encoding="utf-8")
    (tmp_path / "worker.js").write_text(WORKER, encoding="utf-8")
    (tmp_path / "iframe-worker.js").write_bytes(SCRIPT.read_bytes())

    browser.open(page)

    WebDriverWait(browser.driver, timeout=20).until(title_is("to be found"))
