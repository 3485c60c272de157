package server_test

import (
	"context"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/rules"
	"github.com/lensdop/lensdop/policy/server/ui"
	"github.com/lensdop/lensdop/policy/wire"
)

// chromium starts a headless browser, or skips.
func chromium(t *testing.T) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		t.Skip("chromium is not installed: the pages are not seen by a browser")
	}
	flags := append([]chromedp.ExecAllocatorOption{}, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.Headless,
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()))
	for _, f := range []string{"disable-quic", "disable-background-networking", "disable-component-update", "disable-sync", "disable-dev-shm-usage", "disable-extensions"} {
		flags = append(flags, chromedp.Flag(f, true))
	}
	flags = append(flags, chromedp.Flag("lang", "nl"))
	timed, cancelTime := context.WithTimeout(context.Background(), 2*time.Minute)
	alloc, cancelAlloc := chromedp.NewExecAllocator(timed, flags...)
	ctx, cancel := chromedp.NewContext(alloc, chromedp.WithLogf(func(string, ...any) {}), chromedp.WithErrorf(func(string, ...any) {}))
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil && !errors.Is(err, context.Canceled) {
			t.Log(err)
		}
		cancel()
		cancelAlloc()
		cancelTime()
	})
	return ctx
}

// shots is where pictures of the pages go.
func shots(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("LENSDOP_SCREENSHOTS")
	if dir == "" {
		return t.TempDir()
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// ask runs one action and returns its value.
func ask[T any](ctx context.Context, t *testing.T, a chromedp.Action[T]) T {
	t.Helper()
	step, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	v, err := chromedp.Run(step, a)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// A person on a phone signs in, reads the alert, covers, sees it covered, and
// releases; a fake gateway does at the other end what an agent does.
func TestAPersonOnAPhone(t *testing.T) {
	ctx := chromium(t)
	dir := shots(t)
	b := start(t, config(t, t.TempDir()))
	b.addAgent(t, agent1)
	b.addAccount(t, "anna", ui.RoleFacility)
	g := b.connect(t, agent1, 1)
	g.hello(t, wire.Hello{Seq: 1})
	all := []string{"hal-noord", "hal-zuid", "entree", "parkeerterrein"}
	masked := func(c string) string {
		if c == "entree" || c == "parkeerterrein" {
			return "zones"
		}
		return "nothing"
	}
	for _, c := range all {
		g.say(t, wire.EventShown, c, state(c, masked(c), "open", true))
	}
	g.say(t, wire.EventFinding, "REG-1", finding(time.Now(), rules.Fail))
	sound := finding(time.Now(), rules.Unproven)
	sound.ID, sound.Rule, sound.Severity = "AUD-1/"+site+"/entree", "AUD-1", rules.Medium
	sound.Title = policy.Text{NL: "Geen geluid", FR: "Pas de son", EN: "No sound"}
	sound.Text.NL = "Van camera entree is niet aangetoond dat hij geen geluid geeft: pad sub gaf geen beschrijving."
	sound.Why.Rules = []string{"AUD-1"}
	g.say(t, wire.EventFinding, "AUD-1", sound)

	do := func(what string, actions ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		step, cancel := context.WithTimeout(ctx, 30*time.Second)
		defer cancel()
		if err := chromedp.Do(step, actions...); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	if err := chromedp.Do(ctx); err != nil { // starts the browser, which lives as long as this context
		t.Fatal(err)
	}
	shot := func(name string) {
		t.Helper()
		for size, w := range map[string]struct{ x, y int64 }{"phone": {390, 844}, "desk": {1280, 900}} {
			do("size of "+name, chromedp.EmulateViewport(w.x, w.y))
			png := ask(ctx, t, chromedp.FullScreenshot(100))
			if err := os.WriteFile(filepath.Join(dir, name+"-"+size+".png"), png, 0o600); err != nil {
				t.Fatal(err)
			}
			if ask(ctx, t, chromedp.Evaluate[bool](`document.documentElement.scrollWidth > innerWidth`)) {
				t.Errorf("%s scrolls sideways on a %s", name, size)
			}
			if small := ask(ctx, t, chromedp.Evaluate[[]string](smallTargets)); len(small) > 0 {
				t.Errorf("%s on a %s: smaller than 44 px: %v", name, size, small)
			}
		}
		do("back to a phone", chromedp.EmulateViewport(390, 844))
	}
	text := func() string { return ask(ctx, t, chromedp.Text(chromedp.CSS("body"))) }
	sees := func(what string) {
		t.Helper()
		until(t, "page saying "+what, func() bool {
			if strings.Contains(text(), what) {
				return true
			}
			do("reload", chromedp.Reload())
			return false
		})
	}

	do("open", chromedp.EmulateViewport(390, 844), chromedp.Navigate(b.URL()), chromedp.WaitVisible(chromedp.CSS("#f-password")))
	shot("1-signin")
	do("sign in", chromedp.SendKeys(chromedp.CSS("#f-name"), "anna"), chromedp.SendKeys(chromedp.CSS("#f-password"), personPassword),
		chromedp.Click(chromedp.CSS("form[action='/signin'] button")), chromedp.WaitVisible(chromedp.CSS("#site-"+site)))
	sees("Open meldingen: 1")
	shot("2-overview-open")

	do("alerts", chromedp.Click(chromedp.CSS(".banner.alarm a")), chromedp.WaitVisible(chromedp.CSS(".alert")))
	sees("antwoordt een camera die in geen register staat")
	shot("3-findings")
	do("acknowledge", chromedp.Click(chromedp.CSS(".alert button")), chromedp.WaitVisible(chromedp.CSS(".alert.acked")))

	do("cover form", chromedp.Navigate(b.URL()+"/cover?"+url.Values{"site": {site}, "camera": {"hal-noord"}}.Encode()),
		chromedp.WaitVisible(chromedp.CSS("#f-reason")), chromedp.Click(chromedp.CSS("input[value='2h']")))
	do("without a reason", chromedp.Click(chromedp.CSS("main form button")), chromedp.WaitVisible(chromedp.CSS(".problem")))
	shot("4-cover-wrong")
	if !ask(ctx, t, chromedp.Evaluate[bool](`document.querySelector("input[value='2h']").checked`)) {
		t.Error("the choice is lost")
	}
	do("cover", chromedp.SendKeys(chromedp.CSS("#f-reason"), "Voorbereiding van het stemlokaal"),
		chromedp.Click(chromedp.CSS("main form button")), chromedp.WaitVisible(chromedp.CSS("#camera-hal-noord")))
	until(t, "the decision at the gateway", func() bool { return len(g.lastDesired().Decisions) == 1 })
	sees("Wordt afgeplakt")
	g.say(t, wire.EventOrdered, "hal-noord", state("hal-noord", "whole", "open", false))
	sees("Niet afgeplakt")
	dark := state("hal-zuid", "nothing", "unproven", false)
	dark.Trouble = "pad main: 10 s lang geen sleutelbeeld; kijk het netwerk van de camera na"
	g.say(t, wire.EventShown, "hal-zuid", dark)
	sees("sleutelbeeld")
	shot("5-overview-uncovered")
	g.say(t, wire.EventShown, "hal-noord", state("hal-noord", "whole", "closed", true))
	sees("Afgeplakt sinds")
	shot("6-overview-covered")

	do("election form", chromedp.Navigate(b.URL()+"/elect?site="+site), chromedp.WaitVisible(chromedp.CSS("#f-day")))
	shot("7-elect")
	do("release form", chromedp.Navigate(b.URL()), chromedp.WaitVisible(chromedp.CSS("#site-"+site)),
		chromedp.Click(chromedp.CSS("a[href^='/release']")), chromedp.WaitVisible(chromedp.CSS("#f-release")))
	shot("8-release")
	do("release", chromedp.Click(chromedp.CSS("#f-release")), chromedp.WaitVisible(chromedp.CSS("#camera-hal-noord")))
	until(t, "the release at the gateway", func() bool { return len(g.lastDesired().Releases) == 1 })
	sees("Wordt vrijgegeven")
	g.say(t, wire.EventRestored, "hal-noord", state("hal-noord", "nothing", "open", true))
	until(t, "the camera open", func() bool {
		do("reload", chromedp.Reload(), chromedp.WaitVisible(chromedp.CSS("#camera-hal-noord")))
		return ask(ctx, t, chromedp.Evaluate[bool](`document.querySelector("#camera-hal-noord").classList.contains("open")`))
	})
	do("French", chromedp.Navigate(b.URL()+"/language?to=fr&back=/findings"), chromedp.WaitVisible(chromedp.CSS("#h-alerts")))
	sees("Caméra inconnue")
	shot("9-findings-fr")
}

// smallTargets lists what one can click that is smaller than 44 px in height,
// other than links within a sentence.
const smallTargets = `[...document.querySelectorAll('button, .button, summary, .pick, nav a, input:not([type=radio]):not([type=checkbox]):not([type=hidden]), textarea')]
	.filter(e => { const r = e.getBoundingClientRect(); return r.height > 0 && r.height < 44; })
	.map(e => e.tagName + ' ' + (e.id || e.textContent.trim()).slice(0, 30) + ' ' + Math.round(e.getBoundingClientRect().height))`
