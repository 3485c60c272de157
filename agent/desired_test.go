package agent

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/examples"
	"github.com/lensdop/lensdop/policy/wire"
)

// covering is a gateway at noon with a document in force that covers the lens.
func covering(t testing.TB) (*gateway, Config) {
	t.Helper()
	c := config(t.TempDir(), 1)
	g := newGateway(t, c, Parts{})
	g.at(noon(), true)
	g.take(t, document(5, deciding(t, signer(1), oneOff("works", noon()))))
	if !g.inForce().coverAt(hallNoord, noon()).Whole {
		t.Fatal("the decision does not cover; the test proves nothing")
	}
	return g, c
}

func rename(text, from, to string) string { return strings.ReplaceAll(text, from, to) }

func TestDesiredRefusedChangesNothing(t *testing.T) {
	good := func(t *testing.T) wire.Desired {
		return document(6, releasing(t, signer(1), releaseOf("works", noon())))
	}
	field := func(t *testing.T, b []byte, from, to string) []byte {
		t.Helper()
		x := bytes.Replace(b, []byte(from), []byte(to), 1)
		if bytes.Equal(x, b) {
			t.Fatalf("%q is not in the message", from)
		}
		return x
	}
	payload := func(t *testing.T, edit func([]byte) []byte) []byte {
		t.Helper()
		b := edit(mustJSON(t, good(t)))
		e := seal(t, wire.TypeDesired, json.RawMessage(b), signer(1))
		return mustJSON(t, e)
	}
	for name, x := range map[string]struct {
		message func(t *testing.T) []byte
		says    string
		told    wire.DesiredResult // generation and epoch only
	}{
		"nothing":     {func(*testing.T) []byte { return nil }, "no trusted signature", wire.DesiredResult{}},
		"unknown key": {func(t *testing.T) []byte { return message(t, good(t), signer(2)) }, "no trusted signature", wire.DesiredResult{}},
		"no signature": {func(t *testing.T) []byte {
			return mustJSON(t, wire.Envelope{PayloadType: wire.TypeDesired, Payload: mustJSON(t, good(t))})
		}, "no trusted signature", wire.DesiredResult{}},
		"another type": {func(t *testing.T) []byte { return mustJSON(t, seal(t, wire.TypeDecision, good(t), signer(1))) }, "no trusted signature", wire.DesiredResult{}},
		"changed payload": {func(t *testing.T) []byte {
			var e wire.Envelope
			if err := json.Unmarshal(message(t, good(t), signer(1)), &e); err != nil {
				t.Fatal(err)
			}
			e.Payload = field(t, e.Payload, `"generation":6`, `"generation":7`)
			return mustJSON(t, e)
		}, "no trusted signature", wire.DesiredResult{}},
		"another agent":    {func(t *testing.T) []byte { d := good(t); d.Agent = "gw2"; return message(t, d, signer(1)) }, "gw2", wire.DesiredResult{KeyEpoch: 1, Generation: 6}},
		"another tenant":   {func(t *testing.T) []byte { d := good(t); d.Tenant = "elders"; return message(t, d, signer(1)) }, "elders", wire.DesiredResult{KeyEpoch: 1, Generation: 6}},
		"older generation": {func(t *testing.T) []byte { d := good(t); d.Generation = 4; return message(t, d, signer(1)) }, "older", wire.DesiredResult{KeyEpoch: 1, Generation: 4}},
		"older epoch": {func(t *testing.T) []byte {
			d := good(t)
			d.KeyEpoch = 0
			d.Generation = 99
			return message(t, d, signer(1))
		}, "older", wire.DesiredResult{Generation: 99}},
		"equal generation": {func(t *testing.T) []byte { d := good(t); d.Generation = 5; return message(t, d, signer(1)) }, "contradicts", wire.DesiredResult{KeyEpoch: 1, Generation: 5}},
		"too large number": {func(t *testing.T) []byte {
			d := good(t)
			d.Generation = math.MaxUint64
			return message(t, d, signer(1))
		}, "larger", wire.DesiredResult{KeyEpoch: 1, Generation: math.MaxUint64}},
		"bytes after the envelope": {func(t *testing.T) []byte { return append(message(t, good(t), signer(1)), " {}"...) }, "no trusted signature", wire.DesiredResult{}},
		"field in the envelope": {func(t *testing.T) []byte {
			return field(t, message(t, good(t), signer(1)), `{"payloadType"`, `{"x":1,"payloadType"`)
		}, "no trusted signature", wire.DesiredResult{}},
		"field in the payload": {func(t *testing.T) []byte {
			return payload(t, func(b []byte) []byte { return field(t, b, `{"tenant"`, `{"lift":true,"tenant"`) })
		}, "lift", wire.DesiredResult{}},
		"long field name": {func(t *testing.T) []byte {
			return payload(t, func(b []byte) []byte {
				return field(t, b, `{"tenant"`, `{"`+strings.Repeat("x", 100_000)+`":1,"tenant"`)
			})
		}, "xxx", wire.DesiredResult{}},
		"1 MB": {func(*testing.T) []byte { return bytes.Repeat([]byte(`"x`), 1<<19) }, "no trusted signature", wire.DesiredResult{}},
		"broken protocol": {func(t *testing.T) []byte {
			d := good(t)
			d.Protocol = d.Protocol[:5000]
			return message(t, d, signer(1))
		}, "desired document", wire.DesiredResult{KeyEpoch: 1, Generation: 6}},
		"protocol without the camera": {func(t *testing.T) []byte {
			return message(t, document(6, func(d *wire.Desired) { d.Protocol = drop(d.Protocol, hallNoord) }), signer(1))
		}, "would lift the cover of hal-noord", wire.DesiredResult{KeyEpoch: 1, Generation: 6}},
		"protocol without the role": {func(t *testing.T) []byte {
			return message(t, document(6, func(d *wire.Desired) {
				d.Protocol = rename(d.Protocol, "decided_by: [location-manager]", "decided_by: [dpo]")
			}), signer(1))
		}, "would lift", wire.DesiredResult{KeyEpoch: 1, Generation: 6}},
		"protocol without the site": {func(t *testing.T) []byte {
			return message(t, document(6, func(d *wire.Desired) { d.Protocol = rename(d.Protocol, "de-polder", "de-heide") }), signer(1))
		}, "would lift", wire.DesiredResult{KeyEpoch: 1, Generation: 6}},
	} {
		t.Run(name, func(t *testing.T) {
			g, c := covering(t)
			b := x.message(t)
			for range 2 { // a retained message comes again
				err := g.takeDesired(t.Context(), b)
				if err == nil || !strings.Contains(err.Error(), x.says) || len(err.Error()) > maxReason {
					t.Fatalf("error %.300v, want %q", err, x.says)
				}
			}
			check := func() {
				t.Helper()
				o := g.inForce()
				if o.generation != 5 || o.epoch != 1 || !o.coverAt(hallNoord, noon()).Whole || len(o.policy.Releases) != 0 {
					t.Errorf("in force: generation %d, %d releases, cover %+v", o.generation, len(o.policy.Releases), o.coverAt(hallNoord, noon()))
				}
			}
			check()
			var told []wire.DesiredResult
			for _, e := range g.events(t) {
				if e.Type == wire.EventRefused {
					var r wire.DesiredResult
					if err := json.Unmarshal(e.Data, &r); err != nil {
						t.Fatal(err)
					}
					told = append(told, r)
				}
			}
			if len(told) != 1 || told[0].Generation != x.told.Generation || told[0].KeyEpoch != x.told.KeyEpoch || told[0].Reason == "" {
				t.Errorf("told %+v, want once %+v", told, x.told)
			}
			g.close(t)
			g = newGateway(t, c, Parts{})
			defer g.close(t)
			check() // over a restart too
		})
	}
}

// Who holds the broker cannot fill the outbox.
func TestFloodOfRefusalsIsBounded(t *testing.T) {
	g, _ := covering(t)
	defer g.close(t)
	before := len(g.events(t))
	for i := range 300 {
		if err := g.takeDesired(t.Context(), []byte(strings.Repeat("[", i))); err == nil {
			t.Fatal("taken")
		}
		if err := g.takeDesired(t.Context(), message(t, document(1, func(d *wire.Desired) { d.Agent = "gw" + strings.Repeat("x", i+1) }), signer(1))); err == nil {
			t.Fatal("taken")
		}
	}
	if n := len(g.events(t)) - before; n > maxRefused {
		t.Errorf("%d events", n)
	}
}

func TestDesiredTaken(t *testing.T) {
	forged := func(t *testing.T) wire.Envelope {
		e := seal(t, wire.TypeRelease, releaseOf("works", noon()), signer(2))
		e.Signatures[0].KeyID = seal(t, wire.TypeRelease, 1, signer(1)).Signatures[0].KeyID
		return e
	}
	for name, x := range map[string]struct {
		next  func(t *testing.T) wire.Desired
		whole bool
	}{
		"repetition":        {func(t *testing.T) wire.Desired { return document(5, deciding(t, signer(1), oneOff("works", noon()))) }, true},
		"higher epoch":      {func(*testing.T) wire.Desired { d := document(1); d.KeyEpoch = 2; return d }, true},
		"decision left out": {func(*testing.T) wire.Desired { return document(6) }, true},
		"decision shortened under its id": {func(t *testing.T) wire.Desired {
			d := oneOff("works", noon())
			d.Until = noon()
			return document(6, deciding(t, signer(1), d))
		}, true},
		"released": {func(t *testing.T) wire.Desired {
			return document(6, releasing(t, signer(1), releaseOf("works", noon())))
		}, false},
		"release unsigned": {func(t *testing.T) wire.Desired {
			return document(6, releasing(t, signer(2), releaseOf("works", noon())))
		}, true},
		"release under another's name": {func(t *testing.T) wire.Desired {
			return document(6, func(d *wire.Desired) { d.Releases = append(d.Releases, forged(t)) })
		}, true},
		"decision as release": {func(t *testing.T) wire.Desired {
			return document(6, func(d *wire.Desired) {
				d.Releases = append(d.Releases, seal(t, wire.TypeDecision, releaseOf("works", noon()), signer(1)))
			})
		}, true},
		"release of another": {func(t *testing.T) wire.Desired {
			return document(6, releasing(t, signer(1), releaseOf("other", noon())))
		}, true},
		"release later": {func(t *testing.T) wire.Desired {
			return document(6, releasing(t, signer(1), releaseOf("works", noon().Add(time.Hour))))
		}, true},
		"release by another role": {func(t *testing.T) wire.Desired {
			r := releaseOf("works", noon())
			r.Role = "works-council"
			return document(6, releasing(t, signer(1), r))
		}, true},
		"released together with a protocol without the camera": {func(t *testing.T) wire.Desired {
			return document(6, releasing(t, signer(1), releaseOf("works", noon())), func(d *wire.Desired) { d.Protocol = drop(d.Protocol, hallNoord) })
		}, false},
		"calendar without a decision": {func(*testing.T) wire.Desired {
			return document(6, func(d *wire.Desired) {
				d.Calendar = []wire.Interval{{Decision: "made-up", Cameras: []string{hallZuid}, From: noon().Add(-time.Hour)}}
			})
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			g, c := covering(t)
			d := x.next(t)
			g.take(t, d)
			check := func() {
				t.Helper()
				o := g.inForce()
				if got := o.coverAt(hallNoord, noon().Add(time.Minute)).Whole; got != x.whole {
					t.Errorf("covered: %v, want %v", got, x.whole)
				}
				if o.generation != d.Generation || o.epoch != d.KeyEpoch {
					t.Errorf("in force %d of %d", o.generation, o.epoch)
				}
				if o.coverAt(hallZuid, noon()).Whole {
					t.Error("the other lens is covered")
				}
			}
			check()
			g.close(t)
			g = newGateway(t, c, Parts{})
			defer g.close(t)
			check()
		})
	}
}

// nightly is the example with windows that come again by themselves.
func nightly(windows ...string) func(*wire.Desired) {
	return func(d *wire.Desired) {
		d.Protocol = rename(d.Protocol, "blackout:\n", "blackout:\n  windows:\n    - "+strings.Join(windows, "\n    - ")+"\n")
	}
}

// A protocol cannot cut short what is covered now, nor swap it for something
// shorter.
func TestProtocolLiftsNothingInForce(t *testing.T) {
	const (
		long    = `{id: night, rule: FREQ=DAILY, first: "2026-01-01", from: "11:00", until: "20:00"}`
		longer  = `{id: night, rule: FREQ=DAILY, first: "2026-01-01", from: "11:00", until: "21:00"}`
		short   = `{id: night, rule: FREQ=DAILY, first: "2026-01-01", from: "11:00", until: "13:05"}`
		rest    = `{id: rest, rule: FREQ=DAILY, first: "2026-01-01", from: "13:05", until: "20:00"}`
		last    = `{id: night, rule: FREQ=DAILY, first: "2026-01-01", last: "2026-03-18", from: "11:00", until: "20:00"}`
		renamed = `{id: evening, rule: FREQ=DAILY, first: "2026-01-01", from: "12:30", until: "20:00"}`
	)
	norole := func(d *wire.Desired) {
		d.Protocol = rename(d.Protocol, "decided_by: [location-manager]", "decided_by: [dpo]")
	}
	decided := func(t *testing.T) func(*wire.Desired) {
		return deciding(t, signer(1), oneOff("works", noon()))
	}
	for name, x := range map[string]struct {
		doubt         bool // about the clock
		before, after func(t *testing.T) wire.Desired
		refused       bool
	}{
		"the same":         {false, func(*testing.T) wire.Desired { return document(5, nightly(long)) }, func(*testing.T) wire.Desired { return document(6, nightly(long)) }, false},
		"longer":           {false, func(*testing.T) wire.Desired { return document(5, nightly(long)) }, func(*testing.T) wire.Desired { return document(6, nightly(longer)) }, false},
		"ends with today":  {false, func(*testing.T) wire.Desired { return document(5, nightly(long)) }, func(*testing.T) wire.Desired { return document(6, nightly(last)) }, false},
		"under another id": {false, func(*testing.T) wire.Desired { return document(5, nightly(long)) }, func(*testing.T) wire.Desired { return document(6, nightly(renamed)) }, false},
		"in two pieces":    {false, func(*testing.T) wire.Desired { return document(5, nightly(long)) }, func(*testing.T) wire.Desired { return document(6, nightly(short, rest)) }, false},
		"gone":             {false, func(*testing.T) wire.Desired { return document(5, nightly(long)) }, func(*testing.T) wire.Desired { return document(6) }, true},
		"cut short":        {false, func(*testing.T) wire.Desired { return document(5, nightly(long)) }, func(*testing.T) wire.Desired { return document(6, nightly(short)) }, true},
		"a decision swapped for a shorter window": {
			false, func(t *testing.T) wire.Desired { return document(5, decided(t)) },
			func(*testing.T) wire.Desired { return document(6, nightly(short), norole) }, true,
		},
		"a decision dropped while the clock is in doubt": {
			true, func(t *testing.T) wire.Desired { return document(5, decided(t)) },
			func(*testing.T) wire.Desired { return document(6, norole) }, true,
		},
		"a window dropped while the clock is in doubt": {
			true, func(*testing.T) wire.Desired { return document(5, nightly(long)) },
			func(*testing.T) wire.Desired { return document(6) }, true,
		},
		"nothing dropped while the clock is in doubt": {
			true, func(t *testing.T) wire.Desired { return document(5, decided(t)) },
			func(*testing.T) wire.Desired { return document(6) }, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGateway(t, config(t.TempDir(), 1), Parts{})
			defer g.close(t)
			g.at(noon(), true)
			g.take(t, x.before(t))
			if !g.inForce().coverAt(hallNoord, noon()).Whole {
				t.Fatal("nothing is covered; the test proves nothing")
			}
			if err := g.update(t.Context(), raiseFloor(noon(), true)); err != nil {
				t.Fatal(err)
			}
			g.at(noon(), !x.doubt)
			err := g.takeDesired(t.Context(), message(t, x.after(t), signer(1)))
			if x.refused != (err != nil) || err != nil && !strings.Contains(err.Error(), "would lift the cover of "+hallNoord) {
				t.Errorf("error %v", err)
			}
			g.at(noon().Add(55*time.Minute), true)
			if !g.inForce().coverAt(hallNoord, noon().Add(55*time.Minute)).Whole {
				t.Error("the cover is lifted")
			}
		})
	}
}

func TestReleaseTooEarlyLiftsNothing(t *testing.T) {
	g := newGateway(t, config(t.TempDir(), 1), Parts{})
	defer g.close(t)
	p, err := policy.Parse("p", examples.Lensmonde)
	if err != nil {
		t.Fatal(err)
	}
	el, err := p.Election("verkiezing", "de-polder", policy.DateOf(noon()), "el", "j.doe", "location-manager", noon().AddDate(0, 0, -7))
	if err != nil {
		t.Fatal(err)
	}
	g.at(noon(), true)
	g.take(t, document(1, deciding(t, signer(1), el), releasing(t, signer(1), releaseOf("el", noon()))))
	for _, after := range []time.Duration{0, 8 * time.Hour, 30 * 24 * time.Hour} {
		if !g.inForce().coverAt(hallNoord, noon().Add(after)).Whole {
			t.Errorf("open %s after noon", after)
		}
	}
}

// The server's instants widen a window, and a new document may come meanwhile.
func TestCalendarMovesTheEdgesOnly(t *testing.T) {
	g := newGateway(t, config(t.TempDir(), 1), Parts{})
	defer g.close(t)
	p, err := policy.Parse("p", examples.Lensmonde)
	if err != nil {
		t.Fatal(err)
	}
	d, err := p.Election("verkiezing", "de-polder", policy.DateOf(noon()), "el", "j.doe", "location-manager", noon().AddDate(0, 0, -7))
	if err != nil {
		t.Fatal(err)
	}
	early := func(x *wire.Desired) {
		x.Calendar = []wire.Interval{{Decision: "el", Cameras: []string{hallNoord}, From: d.From.Add(-time.Hour)}}
	}
	before := d.From.Add(-30 * time.Minute)
	g.at(before, true)
	g.take(t, document(1, deciding(t, signer(1), d), early))
	if !g.inForce().coverAt(hallNoord, before).Whole {
		t.Error("the server's earlier beginning does not count")
	}
	if g.inForce().coverAt(hallZuid, before).Whole {
		t.Error("it counts for a camera that the server does not name")
	}
	g.take(t, document(2, early)) // not a lift
	if !g.inForce().coverAt(hallNoord, before).Whole {
		t.Error("a document without the decision lifted it")
	}
	released := d.EarliestRelease.Add(time.Minute)
	g.at(released, true)
	g.take(t, document(3, early, releasing(t, signer(1), releaseOf("el", released))))
	for _, after := range []time.Duration{0, time.Hour} {
		if g.inForce().coverAt(hallNoord, released.Add(after)).Whole {
			t.Error("the server's instants outlive the release")
		}
	}
}

func TestRetiredKeys(t *testing.T) {
	for name, x := range map[string]struct {
		released bool
		floor    time.Time
		covered  bool // a camera, as persisted
		whole    bool
	}{
		"a decision stays":                         {false, noon(), false, true},
		"a release that did its work stays":        {true, noon().Add(time.Hour), false, false},
		"a release of a cover in force is dropped": {true, noon().Add(time.Hour), true, true},
		"a release that is not past is dropped":    {true, noon().Add(-time.Hour), false, true},
	} {
		t.Run(name, func(t *testing.T) {
			g, c := covering(t)
			if x.released {
				g.take(t, document(6, releasing(t, signer(1), releaseOf("works", noon()))))
			}
			if err := g.update(t.Context(), raiseFloor(x.floor, x.covered)); err != nil {
				t.Fatal(err)
			}
			g.close(t)
			c.Server.Keys = config("", 2).Server.Keys
			g = newGateway(t, c, Parts{})
			defer g.close(t)
			if got := g.inForce().coverAt(hallNoord, noon().Add(time.Minute)).Whole; got != x.whole {
				t.Errorf("covered %v, want %v; log %s", got, x.whole, g.out)
			}
			// The retired key puts nothing in force any more, and the new one does.
			if err := g.takeDesired(t.Context(), message(t, document(7), signer(1))); !errors.Is(err, wire.ErrSignature) {
				t.Errorf("error %v", err)
			}
			if err := g.takeDesired(t.Context(), message(t, document(7), signer(2))); err != nil {
				t.Error(err)
			}
		})
	}
}

func FuzzTakeDesired(f *testing.F) {
	good := mustJSON(f, document(6))
	f.Add(message(f, document(6), signer(1)))
	f.Add(message(f, document(6, releasing(f, signer(1), releaseOf("works", noon()))), signer(2)))
	f.Add([]byte(`{"payloadType":"` + wire.TypeDesired + `","payload":"e30=","signatures":[{"keyid":"","kind":"ed25519","sig":""}]}`))
	f.Add([]byte(`{"signatures":null}{}`))
	g, _ := covering(f)
	defer g.close(f)
	g.parts.ReadOnly = true // what is taken is not kept, so that every input meets the same state
	f.Fuzz(func(t *testing.T, b []byte) {
		err := g.takeDesired(context.Background(), b)
		if !g.inForce().coverAt(hallNoord, noon()).Whole {
			t.Fatal("the cover is lifted")
		}
		var e wire.Envelope
		if err == nil && (json.Unmarshal(b, &e) != nil || !bytes.Equal(e.Payload, good)) {
			t.Fatal("a document that nobody signed was taken")
		}
	})
}
