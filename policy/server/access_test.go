package server_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/lensdop/lensdop/policy/rules"
	"github.com/lensdop/lensdop/policy/server/ui"
	"github.com/lensdop/lensdop/policy/wire"
)

// doc is a page as a browser reads it.
type doc struct {
	t    *testing.T
	name string
	all  []*html.Node
}

func parsePage(t *testing.T, name, body string) doc {
	t.Helper()
	root, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	d := doc{t: t, name: name}
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			d.all = append(d.all, n)
		}
	}
	return d
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// says is the text that a screen reader speaks for a node.
func says(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return strings.TrimSpace(b.String())
}

// check looks for what automatic checkers of accessibility look for.
func (d doc) check(lang string) {
	d.t.Helper()
	wrong := func(n *html.Node, what string) {
		d.t.Helper()
		d.t.Errorf("%s (%s): <%s id=%q class=%q> %s", d.name, lang, n.Data, attr(n, "id"), attr(n, "class"), what)
	}
	ids, labelled := map[string]*html.Node{}, map[string]bool{}
	for _, n := range d.all {
		if id := attr(n, "id"); id != "" {
			if ids[id] != nil {
				wrong(n, "has the id of another element")
			}
			ids[id] = n
		}
		if n.Data == "label" && says(n) != "" {
			labelled[attr(n, "for")] = true
		}
	}
	level, mains, h1 := 0, 0, 0
	for _, n := range d.all {
		switch n.Data {
		case "html":
			if attr(n, "lang") != lang {
				wrong(n, "is in "+attr(n, "lang"))
			}
		case "title":
			if says(n) == "" {
				wrong(n, "is empty")
			}
		case "main":
			mains++
		case "img":
			if !hasAttr(n, "alt") {
				wrong(n, "has no alt")
			}
		case "svg":
			if attr(n, "aria-hidden") != "true" {
				wrong(n, "is read out")
			}
		case "input", "textarea", "select":
			if attr(n, "type") != "hidden" && !labelled[attr(n, "id")] && !within(n, "label") && attr(n, "aria-label") == "" {
				wrong(n, "has no label")
			}
		case "fieldset":
			if n.FirstChild == nil || says(n) == "" {
				wrong(n, "has no legend")
			}
		case "button", "a", "summary":
			if says(n) == "" && attr(n, "aria-label") == "" {
				wrong(n, "says nothing")
			}
		case "script", "iframe", "object", "embed", "video", "audio", "canvas":
			wrong(n, "does not belong on a page")
		case "h1", "h2", "h3", "h4":
			is := int(n.Data[1] - '0')
			if is > level+1 {
				wrong(n, "skips a level")
			}
			if level = is; is == 1 {
				h1++
			}
		}
		for _, ref := range []string{"aria-labelledby", "aria-describedby", "for"} {
			if to := attr(n, ref); to != "" && ids[to] == nil {
				wrong(n, ref+" points to nothing: "+to)
			}
		}
		if to, ok := strings.CutPrefix(attr(n, "href"), "#"); ok && ids[to] == nil {
			wrong(n, "leads nowhere: #"+to)
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" || strings.HasPrefix(a.Val, "javascript:") || (a.Key == "src" && !strings.HasPrefix(a.Val, "/static/")) {
				wrong(n, "breaks the content policy: "+a.Key)
			}
		}
	}
	if mains != 1 || h1 != 1 {
		d.t.Errorf("%s (%s): %d main, %d h1", d.name, lang, mains, h1)
	}
}

func hasAttr(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

func within(n *html.Node, tag string) bool {
	for p := n.Parent; p != nil; p = p.Parent {
		if p.Data == tag {
			return true
		}
	}
	return false
}

// Every page, with and without mistakes on it, in every language.
func TestPagesCanBeReadByAll(t *testing.T) {
	c := config(t, t.TempDir())
	c.Protocol = noon(t, `earliest_release: "21:00"`, `earliest_release: "08:00"`)
	b := start(t, c)
	b.addAgent(t, agent1)
	b.addAccount(t, "anna", ui.RoleFacility)
	g := b.connect(t, agent1, 1)
	g.hello(t, wire.Hello{Seq: 1})
	g.say(t, wire.EventFinding, "REG-1", finding(time.Now(), rules.Fail))
	lost := state("hal-noord", "whole", "open", false)
	lost.Trouble = "the mask is gone; put it back"
	g.say(t, wire.EventShown, "hal-noord", lost)
	p := b.browser(t)
	for _, lang := range ui.Languages() {
		p.get("/language?to=" + lang)
		_, body := p.get("/signin")
		parsePage(t, "sign-in", body).check(lang)
		_, body = p.post("/signin", url.Values{"name": {"nobody"}, "password": {"x"}})
		parsePage(t, "sign-in refused", body).check(lang)
	}
	p.signIn("anna")
	if code, body := p.post("/elect", p.election("", "x")); code != http.StatusOK {
		t.Fatalf("%d\n%s", code, body)
	}
	b.decideForTest(t, time.Hour)
	id := b.decisions(t)[0].ID
	if b.decisions(t)[0].Template == "" {
		id = b.decisions(t)[1].ID
	}
	for _, lang := range ui.Languages() {
		p.get("/language?to=" + lang)
		for _, path := range []string{
			"/", "/?refresh=off", "/findings", "/cover?site=" + site, "/cover?site=" + site + "&camera=hal-noord", "/elect?site=" + site, "/release?decision=" + id, "/nowhere",
		} {
			_, body := p.get(path)
			parsePage(t, path, body).check(lang)
		}
		for _, f := range []struct {
			path string
			form url.Values
		}{
			{"/cover", url.Values{"site": {site}}},
			{"/cover", url.Values{"site": {site}, "mode": {"1h"}}},
			{"/cover", url.Values{"site": {site}, "mode": {"until"}}},
			{"/cover", url.Values{"site": {site}, "mode": {"window"}}},
			{"/cover", url.Values{"site": {site}, "mode": {"window"}, "from": {"2030-01-01T00:00"}}},
			{"/elect", url.Values{"site": {site}}},
			{"/elect", url.Values{"site": {site}, "template": {"verkiezing"}}},
			{"/elect", url.Values{"site": {site}, "template": {"verkiezing"}, "day": {time.Now().AddDate(0, 0, 30).Format(time.DateOnly)}}},
			{"/release", url.Values{"decision": {id}}},
		} {
			code, body := p.post(f.path, f.form)
			if code != http.StatusUnprocessableEntity {
				t.Errorf("%s %v: %d", f.path, f.form, code)
			}
			parsePage(t, f.path+" "+f.form.Encode(), body).check(lang)
		}
	}
	_, body := p.get("/")
	if !strings.Contains(body, `<span lang="en">the mask is gone`) {
		t.Error("the gateway's English is read out as another language")
	}
}

func TestHealth(t *testing.T) {
	b := start(t, config(t, t.TempDir()))
	p := b.browser(t)
	if code, body := p.get("/healthz"); code != http.StatusOK || body != "ok\n" {
		t.Errorf("%d %q", code, body)
	}
}
