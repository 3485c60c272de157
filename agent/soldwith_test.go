package agent

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
	firmwarenotes "github.com/lensdop/lensdop/firmware-notes"
)

func TestSoldWith(t *testing.T) {
	b := newBox()
	b.set(func() { b.make = devices.Info{Vendor: "V", Model: "M"} })
	p := b.parts()
	open := p.Drivers[0].Open
	p.Drivers[0].Name = "onvif"
	var asked []string
	lets := "second"
	p.Drivers[0].Open = func(ctx context.Context, tg devices.Target) ([]devices.Camera, error) {
		if pw := string(tg.Credentials.Password); tg.Credentials.User == "admin" {
			asked = append(asked, pw)
			if pw != lets {
				return nil, &devices.Error{Op: "open", Err: devices.ErrLogin}
			}
		}
		return open(ctx, tg)
	}
	c := config(t.TempDir(), 1)
	g := newGateway(t, c, p)
	defer g.close(t)
	g.take(t, document(1))
	g.notes = []firmwarenotes.Note{{Folder: "v", Match: &firmwarenotes.Match{Vendor: "V", Model: "*"}, Logins: []firmwarenotes.Login{
		{User: "admin", Password: "first"}, {User: "admin", Password: "second"}, {User: "admin", Password: "third"},
	}}}
	if _, err := g.Check(t.Context(), time.Millisecond); err != nil {
		t.Fatal(err)
	}
	known := func() string {
		t.Helper()
		f := g.facts(g.inForce())
		for _, x := range f.Cameras {
			if x.ID == hallNoord {
				v, ok := x.SoldWith.Get()
				return fmt.Sprint(v, ok)
			}
		}
		t.Fatal("the camera is not among the facts")
		return ""
	}
	try := func() {
		t.Helper()
		if err := g.trySoldWith(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := known(); got != "false false" {
		t.Errorf("where nobody may try: %s", got)
	}
	g.cfg.TrySoldWith = true
	try()
	if got := known(); got != "false false" || !slices.Equal(asked, []string{"first"}) {
		t.Errorf("after one: %s, tried %q", got, asked)
	}
	try()
	if got := known(); got != "true true" {
		t.Errorf("after the one that opens: %s", got)
	}
	for range 3 {
		try()
	}
	if !slices.Equal(asked, []string{"first", "second"}) {
		t.Errorf("tried %q; want each of the first two once", asked)
	}
	// A new firmware: what was tried says nothing of it.
	b.set(func() { b.make.Firmware = "2" })
	lets = "nothing"
	try()
	try()
	try()
	if !slices.Equal(asked, []string{"first", "second", "first", "second"}) {
		t.Errorf("after an update tried %q", asked)
	}
}

// Our own login is the one that the device was sold with: nothing needs trying.
func TestSoldWithOurs(t *testing.T) {
	a := &Agent{notes: []firmwarenotes.Note{{Folder: "v", Match: &firmwarenotes.Match{Vendor: "V", Model: "*"}, Logins: []firmwarenotes.Login{{User: "root", Password: "pass"}}}}}
	a.cfg.TrySoldWith = true
	i, own := devices.Info{Vendor: "V"}, devices.Credentials{User: "root", Password: "pass"}
	if got, known := a.soldWith(i, "key", nil, own).Get(); !known || !got {
		t.Error("our own login is not told")
	}
	if _, due := a.due(i, "key", time.Now(), nil, own); due {
		t.Error("our own login is to be tried")
	}
	if _, known := a.soldWith(devices.Info{Vendor: "W"}, "key", nil, own).Get(); known {
		t.Error("a maker without notes is judged")
	}
}
