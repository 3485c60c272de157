package agent

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/lensdop/lensdop/agent/state"
	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/examples"
)

func raiseFloor(to time.Time, covered bool) func(*state.Tx) error {
	return func(x *state.Tx) error {
		if err := x.SetCover(hallNoord, state.Ordered{Cover: devices.Cover{Whole: covered}, Since: noon()}); err != nil {
			return err
		}
		return x.RaiseFloor(to)
	}
}

// In a synctest bubble the clock begins at midnight UTC of 2000-01-01, which
// stands for the 1970 of a gateway without a battery.
func TestClock(t *testing.T) {
	never := func() bool { return false }
	floor := time.Date(2026, time.March, 18, 12, 0, 0, 0, time.UTC)
	synctest.Test(t, func(t *testing.T) {
		c := &clock{floor: floor, synchronised: func() bool { return true }}
		if now, trusted := c.now(); trusted || !now.Equal(floor) {
			t.Errorf("before the floor, though the kernel calls it synchronised: %s, %v", now, trusted)
		}
		c = &clock{floor: floor, synchronised: never}
		sent := time.Now()
		time.Sleep(4 * time.Second)
		if err := c.confirm(floor.Add(-time.Hour), sent); err == nil {
			t.Error("a server time before the floor was taken")
		}
		if err := c.confirm(floor.Add(time.Hour), sent.Add(-maxRoundTrip)); err == nil {
			t.Error("an answer that was held up was taken")
		}
		if _, trusted := c.now(); trusted {
			t.Error("trusted after refusals")
		}
		if err := c.confirm(floor.Add(time.Hour), sent); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if now, trusted := c.now(); !trusted || !now.Equal(floor.Add(time.Hour+2*time.Second+time.Minute)) {
			t.Errorf("%s, %v", now, trusted)
		}
		for _, off := range []time.Duration{2 * time.Minute, -2 * time.Minute, 24 * time.Hour} {
			now, _ := c.now()
			if err := c.confirm(now.Add(off), time.Now()); err == nil {
				t.Errorf("trusted time was moved by %s", off)
			}
		}
		// Nor in small steps.
		begin, mono := c.at, c.mono
		for range 600 {
			time.Sleep(time.Minute)
			now, _ := c.now()
			_ = c.confirm(now.Add(50*time.Second), time.Now()) // refused sooner or later
		}
		now, _ := c.now()
		if off := now.Sub(begin) - time.Since(mono); off > 2*maxDisagreement {
			t.Errorf("led away by %s in ten hours", off)
		}
	})
}

func drawInstant(t *rapid.T) time.Time {
	return noon().Add(time.Duration(rapid.IntRange(-8*24*60, 8*24*60).Draw(t, "minutes")) * time.Minute)
}

// Whatever the clock says: doubt is never looser than the policy at that time,
// nor than the cover in force, nor than any window that began since the floor;
// and it starts none that nobody ordered within a day.
func TestDoubtIsNeverLooser(t *testing.T) {
	p, err := policy.Parse("p", examples.Lensmonde)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		o := &orders{site: "de-polder"}
		o.policy.Protocol = p
		for i := range rapid.IntRange(0, 3).Draw(t, "decisions") {
			d := oneOff(fmt.Sprint("d", i), drawInstant(t))
			if rapid.Bool().Draw(t, "election") {
				var err error
				if d, err = p.Election("verkiezing", "de-polder", policy.DateOf(d.From), d.ID, "j.doe", "location-manager", d.At); err != nil {
					t.Fatal(err)
				}
			}
			o.policy.Decisions = append(o.policy.Decisions, d)
			if rapid.Bool().Draw(t, "moved") {
				o.policy.Elsewhere = append(o.policy.Elsewhere, policy.Interval{Decision: d.ID, Camera: hallNoord, From: d.From.Add(-time.Hour), Until: d.Until})
			}
			if rapid.Bool().Draw(t, "released") {
				o.policy.Releases = append(o.policy.Releases, releaseOf(d.ID, drawInstant(t)))
			}
		}
		camera := rapid.SampledFrom([]string{hallNoord, "entree"}).Draw(t, "camera")
		held := devices.Cover{Whole: rapid.Bool().Draw(t, "held")}
		floor := drawInstant(t)
		now := floor.Add(time.Duration(rapid.IntRange(0, 5000*60).Draw(t, "ahead")) * time.Minute)
		got := o.want(camera, instant{now: now, floor: floor}, held)
		if !got.Includes(held) || !got.Includes(o.coverAt(camera, now)) {
			t.Fatalf("%+v is looser than %+v or %+v", got, held, o.coverAt(camera, now))
		}
		ordered := held.Whole
		for _, from := range []time.Time{floor, now} {
			for m := range int(doubtAhead/time.Minute)/15 + 1 {
				at := from.Add(time.Duration(m) * 15 * time.Minute)
				c := o.coverAt(camera, at)
				if !got.Includes(c) {
					t.Fatalf("at %s, after %s: %+v is looser than %+v", at, from, got, c)
				}
				ordered = ordered || c.Whole
			}
			ordered = ordered || o.coverAt(camera, from.Add(doubtAhead)).Whole
		}
		for m := range 24 * 60 { // every minute, where the quarters say nothing
			ordered = ordered || got.Whole && !ordered && (o.coverAt(camera, floor.Add(time.Duration(m)*time.Minute)).Whole || o.coverAt(camera, now.Add(time.Duration(m)*time.Minute)).Whole)
			if ordered || !got.Whole {
				break
			}
		}
		if got.Whole && !ordered {
			t.Fatalf("covered by doubt alone: floor %s, now %s", floor, now)
		}
		if sure := o.want(camera, instant{now: now, floor: floor, trusted: true}, held); !got.Includes(sure) {
			t.Fatalf("doubt orders %+v, certainty %+v", got, sure)
		}
	})
}

func TestDoubtStartsNoElectionOfNextMonth(t *testing.T) {
	g := newGateway(t, config(t.TempDir(), 1), Parts{})
	defer g.close(t)
	g.at(noon(), true)
	g.take(t, document(1, deciding(t, signer(1), oneOff("works", noon().AddDate(0, 1, 0)))))
	at := func(now time.Time) devices.Cover {
		return g.inForce().want(hallNoord, instant{now: now, floor: noon()}, devices.Cover{})
	}
	if at(noon()).Whole {
		t.Error("a window of next month has begun")
	}
	if !at(noon().AddDate(0, 1, 0).Add(-20 * time.Hour)).Whole {
		t.Error("a window within the day has not begun")
	}
	// A jump ahead, past the window: what began after the floor is not over.
	g.take(t, document(2, deciding(t, signer(1), oneOff("today", noon().Add(3*time.Hour)))))
	if !at(noon().AddDate(5, 0, 0)).Whole {
		t.Error("an unconfirmed jump ahead ended a window")
	}
}
