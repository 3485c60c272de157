package main

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// browser starts a headless Chromium, or skips.
func browser(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed: the story is not played by a browser")
	}
	flags := []chromedp.ExecAllocatorOption{
		chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()), chromedp.Flag("lang", "nl"),
	}
	for _, f := range []string{"disable-quic", "disable-background-networking", "disable-component-update", "disable-sync", "disable-dev-shm-usage", "disable-extensions"} {
		flags = append(flags, chromedp.Flag(f, true))
	}
	ctx, cancelTime := context.WithTimeout(context.Background(), 3*time.Minute)
	ctx, cancelAlloc := chromedp.NewExecAllocator(ctx, flags...)
	ctx, cancel := chromedp.NewContext(ctx, chromedp.WithLogf(t.Logf), chromedp.WithErrorf(func(string, ...any) {}))
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil && !errors.Is(err, context.Canceled) {
			t.Log(err)
		}
		cancel()
		cancelAlloc()
		cancelTime()
	})
	if err := chromedp.Do(ctx); err != nil { // starts the browser, which lives as long as this context
		t.Fatal(err)
	}
	return ctx
}

// A person with a browser and nobody else: the real server, the real agent and
// the simulated site. LENSDOP_SCREENSHOTS names a folder for pictures of the
// pages.
func TestBrowserCoversAndReleases(t *testing.T) {
	if testing.Short() {
		t.Skip("plays for half a minute")
	}
	ctx := browser(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	cmd := lensdop(t, "demo", "--mjpeg", "--listen", address)
	var out lines
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// Deferred and not a clean-up: the test's context ends before those, and
	// would end the process its own way.
	defer func() {
		if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
			t.Error(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("the demo ended with %v:\n%s", err, out.String())
		}
	}()
	until(t, time.Minute, "the stage left to a person", func() bool { return strings.Contains(out.String(), "Your turn") })

	do := func(what string, actions ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		step, cancel := context.WithTimeout(ctx, 30*time.Second)
		defer cancel()
		if err := chromedp.Do(step, actions...); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	text := func(selector string) string {
		t.Helper()
		step, cancel := context.WithTimeout(ctx, 30*time.Second)
		defer cancel()
		s, err := chromedp.Run(step, chromedp.Text(chromedp.CSS(selector)))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	shot := func(name string) {
		t.Helper()
		dir := os.Getenv("LENSDOP_SCREENSHOTS")
		if dir == "" {
			return
		}
		png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sees := func(selector, what string) {
		t.Helper()
		until(t, 40*time.Second, selector+" saying "+what, func() bool {
			do("open the overview", chromedp.Navigate("http://"+address+"/"), chromedp.WaitVisible(chromedp.CSS(selector)))
			return strings.Contains(text(selector), what)
		})
	}

	do("sign in", chromedp.EmulateViewport(390, 844), chromedp.Navigate("http://"+address), chromedp.WaitVisible(chromedp.CSS("#f-password")),
		chromedp.SendKeys(chromedp.CSS("#f-name"), "beheerder"), chromedp.SendKeys(chromedp.CSS("#f-password"), "lensmonde-demo-7"),
		chromedp.Click(chromedp.CSS("form[action='/signin'] button")), chromedp.WaitVisible(chromedp.CSS("#camera-hal-noord")),
		chromedp.Navigate("http://"+address+"/language?to=nl&back=/"), chromedp.WaitVisible(chromedp.CSS("#camera-hal-noord")))
	sees("#camera-hal-noord", "Open")
	do("read the alert", chromedp.Navigate("http://"+address+"/findings"), chromedp.WaitVisible(chromedp.CSS(".alert")))
	if !strings.Contains(text("main"), "Onbekende camera") {
		t.Errorf("no alert about the camera that nobody registered:\n%s", text("main"))
	}
	shot("findings")

	do("cover", chromedp.Navigate("http://"+address+"/cover?site=de-polder&camera=hal-noord"), chromedp.WaitVisible(chromedp.CSS("#f-reason")),
		chromedp.Click(chromedp.CSS("input[value='2h']")), chromedp.SendKeys(chromedp.CSS("#f-reason"), "Opbouw van het stemlokaal"),
		chromedp.Click(chromedp.CSS("main form button")), chromedp.WaitVisible(chromedp.CSS("#camera-hal-noord")))
	sees("#camera-hal-noord", "Afgeplakt sinds")
	if got := text("#camera-hal-zuid"); !strings.Contains(got, "Open") {
		t.Errorf("only hal-noord was ordered, and hal-zuid says %q", got)
	}
	shot("covered")

	do("release", chromedp.Click(chromedp.CSS("a[href^='/release']")), chromedp.WaitVisible(chromedp.CSS("#f-release")),
		chromedp.Click(chromedp.CSS("#f-release")), chromedp.WaitVisible(chromedp.CSS("#camera-hal-noord")))
	sees("#camera-hal-noord", "Open")
}
