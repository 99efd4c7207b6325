from looks import LOOKS, sign_in


def test_look(browser, place):
    for look, options in LOOKS.items():
        context = browser.new_context(**options)
        page = context.new_page()
        page.on("console", lambda m: print("CONSOLE", m.text))
        page.on("pageerror", lambda m: print("ERROR", m))
        page.goto(place.url + "/sign-in")
        page.screenshot(path=f"/tmp/look/{look}-signin.png", full_page=True)
        sign_in(page, place)
        for name, path in {**place.pages, "hostile": f"/leads/{place.hostile_lead}"}.items():
            page.goto(place.url + path)
            if name in ("talked", "lead"):
                for d in page.locator("details").all():
                    d.evaluate("e => e.open = true")
            page.screenshot(path=f"/tmp/look/{look}-{name}.png", full_page=True)
            print(look, name, page.title())
            if name == "lead":
                page.get_by_role("button", name="Skip").click()
                page.screenshot(path=f"/tmp/look/{look}-dialog.png")
        context.close()
