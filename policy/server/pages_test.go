package server_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/rules"
	"github.com/lensdop/lensdop/policy/server"
	"github.com/lensdop/lensdop/policy/server/store"
	"github.com/lensdop/lensdop/policy/server/ui"
	"github.com/lensdop/lensdop/policy/wire"
)

// browser is a person's browser without JavaScript.
type browser struct {
	t    *testing.T
	base string
	http http.Client
}

func (b *bench) browser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	tr := &http.Transport{}
	t.Cleanup(tr.CloseIdleConnections)
	return &browser{t: t, base: b.URL(), http: http.Client{Jar: jar, Transport: tr, Timeout: 20 * time.Second}}
}

func (b *browser) do(req *http.Request) (int, string, http.Header) {
	b.t.Helper()
	resp, err := b.http.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		b.t.Fatal(err)
	}
	return resp.StatusCode, string(body), resp.Header
}

func (b *browser) get(path string) (int, string) {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.base+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	code, body, _ := b.do(req)
	return code, body
}

func (b *browser) post(path string, form url.Values, headers ...string) (int, string) {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	code, body, _ := b.do(req)
	return code, body
}

func (b *browser) signIn(name string) {
	b.t.Helper()
	if code, body := b.post("/signin", url.Values{"name": {name}, "password": {personPassword}}); code != http.StatusOK || !strings.Contains(body, "Sporthal De Polder") {
		b.t.Fatalf("sign-in of %s: %d\n%s", name, code, body)
	}
}

func contains(t *testing.T, body string, wants ...string) {
	t.Helper()
	for _, w := range wants {
		if !strings.Contains(body, w) {
			t.Errorf("page does not say %q:\n%s", w, body)
			return
		}
	}
}

func finding(at time.Time, status rules.Status) rules.Finding {
	return rules.Finding{
		ID: "REG-1/" + site + "/192.0.2.9", Rule: "REG-1", Status: status, Severity: rules.Critical, Since: at, At: at,
		Target: rules.Target{Site: site, Device: "192.0.2.9"},
		Title:  policy.Text{NL: "Onbekende camera", FR: "Caméra inconnue", EN: "Unregistered camera"},
		Text:   policy.Text{NL: "Op 192.0.2.9 antwoordt een camera die in geen register staat.", FR: "fr", EN: "en"},
		Why:    rules.Why{Rules: []string{"REG-1"}, Article: "Art. 1", Norm: policy.Text{NL: "Verborgen camera's zijn er niet.", FR: "fr", EN: "en"}},
		Remedy: policy.Text{NL: "Haal de camera weg of meld hem aan.", FR: "fr", EN: "en"},
	}
}

func state(camera, ordered, picture string, obeys bool) wire.CameraState {
	now := time.Now().UTC()
	return wire.CameraState{
		Camera: camera, Site: site, At: now, Since: now, Reach: "up", Ordered: ordered, Obeys: obeys,
		Shown: map[string]string{"picture": picture, "sound": "closed"},
	}
}

func TestSigningIn(t *testing.T) {
	b := start(t, config(t, t.TempDir()))
	p := b.browser(t)
	_, body := p.get("/signin")
	contains(t, body, "lensdop-server account add")
	b.addAccount(t, "anna", ui.RoleFacility)

	if _, body := p.get("/"); !strings.Contains(body, `name="password"`) {
		t.Error("the overview is shown to a stranger")
	}
	code, body := p.post("/signin", url.Values{"name": {"anna"}, "password": {"guess"}})
	if code != http.StatusUnauthorized {
		t.Errorf("wrong password: %d", code)
	}
	contains(t, body, "Naam of wachtwoord klopt niet", `value="anna"`)
	if strings.Contains(body, "guess") {
		t.Error("the page repeats the password")
	}
	if code, _ := p.post("/signin", url.Values{"name": {"nobody"}, "password": {personPassword}}); code != http.StatusUnauthorized {
		t.Errorf("unknown name: %d", code)
	}
	p.signIn("anna")
	var session *http.Cookie
	u, _ := url.Parse(b.URL())
	for _, c := range p.http.Jar.Cookies(u) {
		if c.Name == "lensdop" {
			session = c
		}
	}
	if session == nil {
		t.Fatal("no session cookie")
	}
	if code, _ := p.post("/signout", nil); code != http.StatusOK {
		t.Errorf("sign-out: %d", code)
	}
	p.http.Jar.SetCookies(u, []*http.Cookie{{Name: "lensdop", Value: session.Value}})
	if _, body := p.get("/"); strings.Contains(body, "Sporthal") {
		t.Error("the session outlives the sign-out")
	}

	for range 5 {
		p.post("/signin", url.Values{"name": {"anna"}, "password": {"guess"}})
	}
	code, body = p.post("/signin", url.Values{"name": {"anna"}, "password": {personPassword}})
	if code != http.StatusTooManyRequests {
		t.Errorf("after many failures: %d", code)
	}
	contains(t, body, "Te vaak mislukt")
	if strings.Contains(b.logText(), "guess") || strings.Contains(b.logText(), personPassword) {
		t.Error("a password is in the log")
	}
}

func TestHeadersAndForeignForms(t *testing.T) {
	b := start(t, config(t, t.TempDir()))
	b.addAccount(t, "anna", ui.RoleFacility)
	p := b.browser(t)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.URL()+"/signin",
		strings.NewReader(url.Values{"name": {"anna"}, "password": {personPassword}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	p.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	_, _, head := p.do(req)
	cookie := head.Get("Set-Cookie")
	for _, want := range []string{"HttpOnly", "SameSite=Strict", "Path=/"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("cookie %q lacks %s", cookie, want)
		}
	}
	csp := head.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "style-src 'self'", "img-src 'self'", "form-action 'self'", "frame-ancestors 'none'"} {
		if !strings.Contains(csp, want) {
			t.Errorf("policy %q lacks %s", csp, want)
		}
	}
	p.http.CheckRedirect = nil
	form := url.Values{"site": {site}, "mode": {"1h"}, "reason": {"x"}}
	for _, h := range [][]string{
		{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"},
	} {
		if code, body := p.post("/cover", form, h...); code != http.StatusForbidden || !strings.Contains(body, "andere website") {
			t.Errorf("%v: %d", h, code)
		}
	}
	view(t, b, func(tx *store.Tx) error {
		all, err := tx.Decisions()
		if len(all) != 0 {
			t.Error("a foreign form took a decision")
		}
		return err
	})
	for back, want := range map[string]string{"//evil.example": "/", "https://evil.example/": "/", `/\evil.example`: "/", "/findings?a=b": "/findings?a=b"} {
		p.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, b.URL()+"/language?to=fr&back="+url.QueryEscape(back), nil)
		if _, _, head := p.do(req); head.Get("Location") != want {
			t.Errorf("back to %q leads to %q", back, head.Get("Location"))
		}
	}
}

func TestFormsKeepWhatWasTyped(t *testing.T) {
	b := start(t, config(t, t.TempDir()))
	b.addAccount(t, "anna", ui.RoleFacility)
	p := b.browser(t)
	p.signIn("anna")
	code, body := p.post("/cover", url.Values{"site": {site}, "camera": {"hal-noord"}, "mode": {"until"}, "end": {"2020-01-01T10:00"}, "reason": {"Brand <in> de hal"}})
	if code != http.StatusUnprocessableEntity {
		t.Errorf("end in the past: %d", code)
	}
	contains(t, body, "Dit tijdstip is al voorbij", `value="2020-01-01T10:00"`, "Brand &lt;in&gt; de hal", `value="until" checked`, "hal-noord", `aria-invalid="true"`)
	if strings.Contains(body, `http-equiv="refresh"`) {
		t.Error("a form refreshes itself away")
	}
	_, body = p.post("/cover", url.Values{"site": {site}, "mode": {"1h"}, "reason": {"  "}})
	contains(t, body, "Geef een reden", `value="1h" checked`)
	far := time.Now().Add(100 * time.Hour).Format("2006-01-02T15:04")
	_, body = p.post("/cover", url.Values{"site": {site}, "mode": {"until"}, "end": {far}, "reason": {"x"}})
	contains(t, body, "Zo lang mag niet zonder sjabloon", far)
	_, body = p.post("/elect", url.Values{"site": {site}, "template": {"verkiezing"}, "day": {"2020-03-18"}, "reason": {"x"}})
	contains(t, body, "Deze dag is al voorbij", `value="2020-03-18"`)
	_, body = p.post("/elect", url.Values{"site": {site}, "template": {"none"}, "day": {"2020-03-18"}, "reason": {"x"}})
	contains(t, body, "Kies een sjabloon")
	for path, form := range map[string]url.Values{
		"/cover":   {"site": {"elsewhere"}, "mode": {"1h"}, "reason": {"x"}},
		"/elect":   {"site": {site, "elsewhere"}, "template": {"verkiezing"}, "day": {"x"}},
		"/release": {"decision": {"none"}},
	} {
		if code, _ := p.post(path, form); code != http.StatusNotFound && code != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", path, code)
		}
	}
	if code, _ := p.post("/cover", url.Values{"site": {site}, "reason": {strings.Repeat("x", 40_000)}}); code != http.StatusRequestEntityTooLarge {
		t.Errorf("a form of 40 kB: %d", code)
	}
	if code, _ := p.get("/nowhere"); code != http.StatusNotFound {
		t.Errorf("unknown page: %d", code)
	}
}

func TestRolesOnPages(t *testing.T) {
	b := start(t, config(t, t.TempDir()))
	for name, role := range map[string]ui.Role{"anna": ui.RoleFacility, "ict": ui.RoleICT, "dpo": ui.RoleDPO, "wc": ui.RoleWorksCouncil} {
		b.addAccount(t, name, role)
	}
	if err := b.AddAccount(t.Context(), server.Account{Name: "other", Role: ui.RoleFacility, Sites: []string{"elsewhere"}}, personPassword); err != nil {
		t.Fatal(err)
	}
	for name, may := range map[string]bool{"anna": true, "ict": false, "dpo": false, "wc": false, "other": false} {
		p := b.browser(t)
		if code, _ := p.post("/signin", url.Values{"name": {name}, "password": {personPassword}}); code != http.StatusOK {
			t.Fatalf("%s cannot sign in", name)
		}
		_, body := p.get("/")
		if got := strings.Contains(body, `href="/cover`); got != may {
			t.Errorf("%s is offered to cover: %v", name, got)
		}
		code, _ := p.post("/cover", url.Values{"site": {site}, "mode": {"1h"}, "reason": {"x"}})
		if (code == http.StatusOK) != may {
			t.Errorf("%s covers: %d", name, code)
		}
		// Behind the page the right is checked again.
		err := server.ServiceOf(b.Server).Cover(t.Context(), ui.Account{Name: name, Role: ui.RoleDPO, Sites: []string{site}},
			ui.CoverOrder{Site: site, From: time.Now(), Until: time.Now().Add(time.Hour), Reason: "x"})
		if err == nil {
			t.Error("a DPO covered")
		}
	}
}

func TestAlertsThroughTheirStates(t *testing.T) {
	b := start(t, config(t, t.TempDir()))
	b.addAgent(t, agent1)
	b.addAccount(t, "anna", ui.RoleFacility)
	p := b.browser(t)
	p.signIn("anna")
	page := func(what string, cond func(string) bool) string {
		var body string
		until(t, what, func() bool { _, body = p.get("/findings"); return cond(body) })
		return body
	}
	has := func(s string) func(string) bool { return func(b string) bool { return strings.Contains(b, s) } }
	contains(t, page("the silent gateway", has("Gateway zwijgt")), "polder-1", "Sporthal De Polder", "Wat te doen", "BLK-1")

	g := b.connect(t, agent1, 1)
	g.hello(t, wire.Hello{Seq: 1})
	page("the gateway's return", func(s string) bool {
		return strings.Contains(s, "Geen open meldingen") && strings.Contains(s, "Opgelost")
	})

	g.say(t, wire.EventFinding, "REG-1", finding(time.Now(), rules.Unproven))
	body := page("the unregistered camera", has(`name="alert"`))
	contains(t, body, "antwoordt een camera die in geen register staat", "REG-1; Art. 1", "Haal de camera weg", "niet aangetoond", "kritiek")
	id := between(t, body, `name="alert" value="`, `"`)
	if code, body := p.post("/findings/ack", url.Values{"alert": {id}}); code != http.StatusOK || !strings.Contains(body, "Gezien door anna") {
		t.Errorf("acknowledged: %d\n%s", code, body)
	}
	if code, _ := p.post("/findings/ack", url.Values{"alert": {"999"}}); code != http.StatusNotFound {
		t.Errorf("unknown alert: %d", code)
	}
	g.say(t, wire.EventFinding, "REG-1", finding(time.Now(), rules.Pass))
	page("the solved finding", has("Geen open meldingen"))

	// A cover has a little time to go on; then it is an alert.
	b.decideForTest(t, time.Hour)
	g.say(t, wire.EventOrdered, "hal-noord", state("hal-noord", "whole", "open", false))
	body = page("the cover that is not shown", has("Camera niet afgeplakt"))
	contains(t, body, "Camera hal-noord moet afgeplakt zijn", "Heusden art. 5", "Plak de lens met de hand af")
	g.say(t, wire.EventShown, "hal-noord", state("hal-noord", "whole", "closed", true))
	page("the cover that is shown", has("Geen open meldingen"))

	g.say(t, wire.EventRefused, "", wire.DesiredResult{Generation: 3, Reason: "no trusted signature"})
	page("the refusal", has("no trusted signature"))
	g.say(t, wire.EventDesired, "", wire.DesiredResult{Generation: 3})
	page("the document applied", has("Geen open meldingen"))
	view(t, b, func(tx *store.Tx) error {
		n, err := tx.CountHistory(agent1, "REG-1/"+site+"/192.0.2.9")
		if n != 2 {
			t.Errorf("%d changes of the finding in its history", n)
		}
		return err
	})
}

func between(t *testing.T, s, before, after string) string {
	t.Helper()
	_, rest, ok := strings.Cut(s, before)
	v, _, ok2 := strings.Cut(rest, after)
	if !ok || !ok2 {
		t.Fatalf("no %q in the page", before)
	}
	return v
}

// What the page says of a camera follows what is decided and what is seen.
func TestWhatAPageSaysOfACamera(t *testing.T) {
	b := start(t, config(t, t.TempDir()))
	b.addAgent(t, agent1)
	b.addAccount(t, "anna", ui.RoleFacility)
	g := b.connect(t, agent1, 1)
	g.hello(t, wire.Hello{Seq: 1})
	who := ui.Account{Name: "anna", Role: ui.RoleFacility, Sites: []string{site}}
	camera := func(id string) ui.Camera {
		o, err := server.ServiceOf(b.Server).Overview(t.Context(), who)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range o.Sites[0].Cameras {
			if c.ID == id {
				return c
			}
		}
		t.Fatal("no such camera")
		return ui.Camera{}
	}
	show := func(want ui.Show) {
		t.Helper()
		if got := camera("hal-noord"); got.Show != want {
			t.Errorf("shown as %s (%s), want %s", got.Show, got.Why, want)
		}
	}
	show(ui.ShowUnproven) // never heard of
	say := func(s wire.CameraState) { t.Helper(); g.say(t, wire.EventShown, s.Camera, s) }
	say(state("hal-noord", "nothing", "open", true))
	show(ui.ShowOpen)
	say(state("hal-noord", "zones", "closed", true))
	show(ui.ShowOpen)
	say(state("hal-noord", "zones", "open", false))
	show(ui.ShowZones)
	s := state("hal-noord", "nothing", "open", true)
	s.Reach = "unreachable"
	say(s)
	show(ui.ShowUnproven)
	b.decideForTest(t, time.Hour)
	show(ui.ShowWaiting)
	say(state("hal-noord", "whole", "open", false))
	show(ui.ShowUncovered)
	s = state("hal-noord", "whole", "unproven", false)
	s.Paths = []wire.PathState{{Path: "main", Shown: "unproven", Reason: "no key frame in 10 s"}, {Path: "sub", Shown: "closed", Reason: "flat"}}
	say(s)
	show(ui.ShowUnproven)
	if why := camera("hal-noord").Why; why != "no key frame in 10 s" {
		t.Errorf("why: %q", why)
	}
	say(state("hal-noord", "whole", "closed", true))
	show(ui.ShowCovered)
	if c := camera("hal-noord"); !c.Ordered || c.Until.IsZero() {
		t.Errorf("ordered until: %+v", c)
	}
	o, err := server.ServiceOf(b.Server).Overview(t.Context(), who)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range o.Sites[0].Decisions {
		if err := server.ServiceOf(b.Server).Release(t.Context(), who, ui.ReleaseOrder{Decision: d.ID}); err != nil {
			t.Fatal(err)
		}
	}
	show(ui.ShowReleasing)
	say(state("hal-noord", "nothing", "open", true))
	show(ui.ShowOpen)
	until(t, "both sides of the release at the agent", func() bool { return len(g.lastDesired().Releases) == 1 })
	var r policy.Release
	if _, err := g.trust.Open(g.lastDesired().Releases[0], wire.TypeRelease, &r); err != nil || r.Vouched != "server" {
		t.Errorf("release %+v: %v", r, err)
	}
	if err := server.ServiceOf(b.Server).Release(t.Context(), who, ui.ReleaseOrder{Decision: r.Decision}); err == nil {
		t.Error("released twice")
	}
	// A gateway that is gone proves nothing.
	g.publish(t, wire.KindConn, wire.Conn{BootID: g.boot, Seq: 1}, true)
	until(t, "the gateway gone", func() bool { c := camera("hal-noord"); return c.Show == ui.ShowUnproven && !c.Silent.IsZero() })
}

func FuzzDecodeBatch(f *testing.F) {
	f.Add(encode(plain(1, 3)))
	f.Add([]byte(`{"events":[{"stream":"s","seq":18446744073709551615,"time":"2026-01-01T00:00:00Z","type":"x"}]}`))
	f.Add([]byte(`{"events":[{"stream":"a","seq":1},{"stream":"b","seq":2}]}`))
	f.Add([]byte(`{"events":null}`))
	f.Fuzz(func(_ *testing.T, b []byte) { _ = server.DecodeBatch(b) })
}

func FuzzParseTopic(f *testing.F) {
	f.Add(wire.Topic(tenant, agent1, wire.KindEvents))
	f.Add("lensdop/v1/+/a/#/ev")
	f.Add("lensdop/v1/x/a/y/\x00")
	f.Fuzz(func(t *testing.T, topic string) {
		tenant, agent, kind, err := wire.ParseTopic(topic)
		if err == nil && (wire.Topic(tenant, agent, kind) != topic || strings.ContainsAny(tenant+agent, "+#/\x00")) {
			t.Errorf("%q is read as %q %q %q", topic, tenant, agent, kind)
		}
	})
}
