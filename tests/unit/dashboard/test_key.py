"""The key: where it is, where it goes, and when the page asks for it."""

from tests.unit.dashboard.browser import Browser

AT = "http://localhost/api/dashboard"
#: A page of which every call is refused until a key is given.
LOCKED = """const page = new Page(), locked = ["images", "jobs"];
    const answer = (body, how) => locked.forEach((one) => page.answer(`GET ${one}`, body, how));
    const lock = (headers = {}) => answer(null, { status: 401, ...headers });
    const unlock = () => answer({ items: [], cursor: null });
    const give = (key) => { page.$("#key").value = key; return page.fire("#key-form", "submit"); };"""


def test_a_key_leaves_the_address_for_memory_and_is_sent_in_one_header(page: Browser) -> None:
    result = page.run(
        f"""const page = await new Page("{AT}?a=1&code=k%2Fy&clientId=z#/images").load();
            return [page.window.location.href, page.calls.map(({{ path, headers }}) => [path, headers])];"""
    )
    assert result[0] == f"{AT}?a=1#/images"
    assert result[1]
    for path, headers in result[1]:
        assert headers.pop("x-functions-key") == "k/y"
        assert "k/y" not in f"{path}{headers}"
        assert "k%2Fy" not in path


def test_without_a_key_the_address_stays_and_no_header_is_sent(page: Browser) -> None:
    result = page.run(
        f"""const page = await new Page("{AT}?a=1").load();
            const keys = page.calls.filter(({{ headers }}) => "x-functions-key" in headers);
            return [page.window.location.href, keys.length];"""
    )
    assert result == [f"{AT}?a=1", 0]


def test_a_401_asks_once_for_the_key_and_nothing_is_called_until_it_is_there(page: Browser) -> None:
    result = page.run(
        LOCKED
        + """lock(); await page.load(); const before = page.calls.length, asked = !page.$("#key-form").hidden;
             await page.advance(60000); await page.see(true); await page.see(false); await page.go("#/jobs");
             await page.go("#/images"); const silent = page.calls.length === before;
             unlock(); await give(" k ");
             return [asked, silent, page.$("#key").value, page.$("#key-form").hidden, page.window.location.href,
               [...new Set(page.calls.slice(before).map(({ headers }) => headers["x-functions-key"]))]];"""
    )
    assert result == [True, True, "", True, f"{AT}#/images", ["k"]]


def test_a_key_is_shown_as_a_bearer_where_the_api_asks_for_one(page: Browser) -> None:
    result = page.run(
        LOCKED
        + """lock({ "WWW-Authenticate": 'Bearer realm="darkroom"' }); await page.load(); unlock();
             const before = page.calls.length; await give("k");
             const sent = page.calls.slice(before).map(({ headers }) => headers);
             return sent.map((headers) => [headers.Authorization, headers["x-functions-key"]]);"""
    )
    assert result
    assert {tuple(pair) for pair in result} == {("Bearer k", None)}


def test_the_form_offers_to_sign_in_where_the_api_says_so_and_leads_back_to_the_page(page: Browser) -> None:
    result = page.run(
        f"""const page = new Page("{AT}#/jobs"), login = 'Bearer realm="darkroom", login="/.auth/login/aad"';
            page.answer("GET jobs", null, {{ status: 401, "WWW-Authenticate": login }}); await page.load();
            return [page.$("#sign-in").hidden, page.$("#sign-in").getAttribute("href")];"""
    )
    assert result == [False, "/.auth/login/aad?post_login_redirect_uri=%2Fapi%2Fdashboard%23%2Fjobs"]


def test_nothing_but_a_page_of_app_service_is_offered_to_sign_in(page: Browser) -> None:
    for challenge in ('Bearer realm="darkroom"', 'Bearer login="//evil.example/"', 'Bearer login="javascript:alert()"'):
        result = page.run(
            LOCKED
            + f"""lock({{ "WWW-Authenticate": '{challenge}' }}); await page.load();
                  return [page.$("#sign-in").hidden, page.$("#sign-in").getAttribute("href")];"""
        )
        assert result == [True, None]


def test_a_key_that_is_refused_is_asked_for_again(page: Browser) -> None:
    result = page.run(
        f"""const page = new Page("{AT}?code=old"); page.answer("GET images", null, {{ status: 401 }});
            await page.load(); return [page.$("#key-form").hidden, page.text("#trouble")];"""
    )
    assert result == [False, "This key is not valid."]


def test_a_late_401_to_the_old_key_does_not_ask_for_another(page: Browser) -> None:
    result = page.run(
        LOCKED.replace("new Page()", f'new Page("{AT}?code=old")')
        + """const { call } = await page.module("api.js"); await page.load(); let late;
             page.answer("GET stats", new Promise((resolve) => { late = () => resolve(null); }), { status: 401 });
             const old = call("stats").catch((error) => error.status); await give("newer"); late();
             const seen = [await old, page.$("#key-form").hidden, page.sent("GET", "stats")[0].headers];
             await call("stats").catch(() => {}); return [...seen, page.$("#key-form").hidden];"""
    )
    assert result == [401, True, {"x-functions-key": "old"}, False]


def test_the_form_of_the_key_is_never_sent_by_the_browser_itself(page: Browser) -> None:
    result = page.run(
        LOCKED + "await page.load(); const event = await give('k'); return event.defaultPrevented;",
    )
    assert result is True
