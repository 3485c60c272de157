package devicetest

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"github.com/lensdop/lensdop/devices"
)

// identity: a restart finds the same cameras, each with a name of its own.
func identity(b *bench) {
	one, two := b.cameras(), b.cameras()
	if len(one) != len(two) {
		b.Fatalf("%d cameras, then %d", len(one), len(two))
	}
	seen := map[string]bool{}
	for i := range one {
		a, c := one[i].Info(), two[i].Info()
		if a != c {
			b.Errorf("camera %d is %+v, then %+v", i, a, c)
		}
		if a.Driver == "" || a.Address == "" {
			b.Errorf("camera %d does not say what it is: %+v", i, a)
		}
		if seen[a.Source] {
			b.Errorf("two cameras are called %q", a.Source)
		}
		seen[a.Source] = true
	}
}

// offered: what Methods lists can be used, and the method under test is there.
func offered(b *bench) {
	for lens, cam := range b.cameras() {
		var ms []devices.Method
		if n := b.writes(func() {
			var err error
			if ms, err = cam.Methods(b.Context()); err != nil {
				b.Fatalf("methods: %v", err)
			}
			for i, m := range ms {
				if slices.Contains(ms[:i], m) {
					b.Errorf("%s is listed twice", m)
				}
				if _, err := cam.State(b.Context(), m); errors.Is(err, devices.ErrUnsupported) {
					b.Errorf("%s is listed, and then: %v", m, err)
				}
			}
		}); n > 0 {
			b.Errorf("asking wrote %d times", n)
		}
		if lens == 0 && !slices.Contains(ms, b.k.Method) {
			b.Errorf("it offers %v and not %s", ms, b.k.Method)
		}
	}
	if _, err := b.open().State(b.Context(), devices.Method("no-such-method")); !errors.Is(err, devices.ErrUnsupported) {
		b.Errorf("a method that nobody has: %v", err)
	}
}

func observing(b *bench) {
	cam, before := b.open(), b.d.Keeps(b, 0)
	u := b.journal(cam)
	if n := b.writes(func() {
		o, err := cam.Observe(b.Context())
		if err != nil {
			b.Fatalf("observe: %v", err)
		}
		if o.At.IsZero() {
			b.Error("the observation has no time")
		}
		text, err := json.Marshal(o)
		if err != nil {
			b.Errorf("the observation cannot be kept: %v", err)
		}
		b.clean("the observation", string(text))
		if _, ok := o.Masks.Get(); !ok && b.k.Method == devices.MethodDeviceMask {
			b.Errorf("masks: %v", o.Masks)
		}
	}); n > 0 {
		b.Errorf("observing wrote %d times", n)
	}
	if after := b.d.Keeps(b, 0); after != before {
		b.Errorf("observing made %s of %s", after, before)
	}
	if b.k.Method != devices.MethodDeviceMask {
		return
	}
	had, err := cam.Observe(b.Context())
	if err != nil {
		b.Fatalf("observe: %v", err)
	}
	b.cover(cam, u, b.first())
	has, err := cam.Observe(b.Context())
	if err != nil {
		b.Fatalf("observe: %v", err)
	}
	old, _ := had.Masks.Get()
	now, _ := has.Masks.Get()
	on := slices.ContainsFunc(now, func(m devices.Mask) bool { return m.Enabled && len(m.Zone.Polygon) >= 3 })
	if len(now) <= len(old) || !on {
		b.Errorf("%d masks before covering and %d after: %v", len(old), len(now), has.Masks)
	}
}

func idempotent(b *bench) {
	for _, c := range b.k.Covers {
		b := b.again()
		cam := b.open()
		u := b.journal(cam)
		if b.d.Shows(b, 0, c) {
			b.Fatalf("%s is covered before anybody covered it: this device shows nothing", words(c))
		}
		if n := b.writes(func() { u = b.cover(cam, u, c) }); n == 0 {
			b.Fatal("covering wrote nothing that the wire saw")
		}
		once := b.d.Keeps(b, 0)
		if n := b.writes(func() { b.cover(cam, u, c) }); n > 0 {
			b.Errorf("covering %s again wrote %d times", words(c), n)
		}
		if n := b.writes(func() { b.cover(b.open(), u, c) }); n > 0 {
			b.Errorf("covering %s again after a restart wrote %d times", words(c), n)
		}
		if twice := b.d.Keeps(b, 0); twice != once {
			b.Errorf("covering once makes %s, twice %s", once, twice)
		}
	}
}

func holding(b *bench) {
	cam := b.open()
	u := b.journal(cam)
	ask := func(when string, cam devices.Camera, c devices.Cover, want bool) {
		b.Helper()
		before := b.d.Keeps(b, 0)
		if n := b.writes(func() {
			if got, err := cam.Holds(b.Context(), with(u, c), c); err != nil || got != want {
				b.Errorf("%s: it holds %s: %t, %v; want %t", when, words(c), got, err, want)
			}
		}); n > 0 {
			b.Errorf("%s: looking wrote %d times", when, n)
		}
		if after := b.d.Keeps(b, 0); after != before {
			b.Errorf("%s: looking made %s of %s", when, after, before)
		}
	}
	for _, c := range b.k.Covers {
		ask("before", cam, c, false)
	}
	for i, c := range b.k.Covers {
		u = b.cover(cam, u, c)
		ask("covered", cam, c, true)
		ask("after a restart", b.open(), c, true)
		for _, d := range b.k.Covers[i+1:] {
			if !b.d.Shows(b, 0, d) {
				ask("with less", cam, d, false)
			}
		}
	}
	if err := cam.Restore(b.Context(), u); err != nil {
		b.Fatalf("restore: %v", err)
	}
	for _, c := range b.k.Covers {
		ask("restored", cam, c, false)
	}
}

func restarting(b *bench) {
	before := b.d.Keeps(b, 0)
	u := b.journal(b.open())
	if n := b.writes(func() { b.restored(b.open(), u, before) }); n > 0 {
		b.Errorf("restoring what was never covered wrote %d times", n)
	}
	for _, c := range b.k.Covers {
		u = b.cover(b.open(), u, c)
	}
	b.restored(b.open(), u, before)
	if n := b.writes(func() { b.restored(b.open(), u, before) }); n > 0 {
		b.Errorf("restoring twice wrote %d times", n)
	}
	// What the journal has from an earlier window is no reason to think that
	// something is covered.
	u = b.cover(b.open(), u, b.first())
	b.restored(b.open(), u, before)
}

// journalled: what the journal does not have could not be undone.
func journalled(b *bench) {
	cam, c := b.open(), b.first()
	u := b.journal(cam)
	for _, bad := range []struct {
		name string
		undo func() devices.Undo
	}{
		{"a cover that is not in the journal", func() devices.Undo { return u }},
		{"another driver's state", func() devices.Undo { v := with(u, c); v.Before.Driver = "another"; return v }},
		{"another method's state", func() devices.Undo { v := with(u, c); v.Before.Method = devices.MethodTape; return v }},
		{"no state", func() devices.Undo { v := with(u, c); v.Before.Data = nil; return v }},
		{"an empty state", func() devices.Undo { v := with(u, c); v.Before.Data = json.RawMessage(`{}`); return v }},
		{"a state that is none", func() devices.Undo { v := with(u, c); v.Before.Data = json.RawMessage(`[1]`); return v }},
	} {
		before := b.d.Keeps(b, 0)
		if n := b.writes(func() {
			got, err := cam.Apply(b.Context(), bad.undo(), c)
			b.proper("apply with "+bad.name, err)
			if err == nil {
				b.Errorf("it covers with %s, and reports %s", bad.name, words(got))
			}
		}); n > 0 {
			b.Errorf("it writes with %s", bad.name)
		}
		if after := b.d.Keeps(b, 0); after != before {
			b.Errorf("with %s it made %s of %s", bad.name, after, before)
		}
	}
}

// growing: what one cover and the next have in common is covered all the way,
// also if the way breaks off.
func growing(b *bench) {
	if len(b.k.Covers) < 2 {
		b.Fatal("the kit has one cover; say in Without why there is no other")
	}
	way := slices.Clone(b.k.Covers)
	for i := range slices.Backward(b.k.Covers[:len(b.k.Covers)-1]) {
		way = append(way, b.k.Covers[i])
	}
	sampled := 0
	for i, from := range way[:len(way)-1] {
		to := way[i+1]
		common := shared(from, to)
		if common.Empty() {
			continue
		}
		for n := 0; ; n++ {
			b := b.again()
			cam := b.open()
			before := b.d.Keeps(b, 0)
			u := b.cover(cam, b.journal(cam), from)
			step := 0
			b.d.Wire.eachWrite(func() {
				step++
				sampled++
				if !b.d.Shows(b, 0, common) {
					b.Errorf("from %s to %s: %s is seen after write %d, which left %s", words(from), words(to), words(common), step, b.d.Keeps(b, 0))
				}
			})
			u = b.restart(with(u, to))
			b.d.Wire.cut(n, true)
			_, err := cam.Apply(b.Context(), u, to)
			whole := b.d.Wire.uncut() || n == 0
			if whole && err != nil {
				b.Errorf("from %s to %s: %v", words(from), words(to), err)
			}
			if !b.d.Shows(b, 0, common) {
				b.Errorf("from %s to %s: %s is seen at the end (write %d lost, %v)", words(from), words(to), words(common), n, err)
			}
			b.cover(b.open(), u, to)
			b.d.Wire.eachWrite(nil)
			b.restored(b.open(), u, before)
			if n > 0 && whole || n > maxSteps || b.Failed() {
				break
			}
		}
	}
	if sampled == 0 {
		b.Error("nothing was written between any two covers: nothing was shown")
	}
}

// shared is what both covers ask for.
func shared(a, c devices.Cover) devices.Cover {
	s := devices.Cover{Whole: a.Whole && c.Whole, Sound: a.Sound && c.Sound}
	if a.MaxAge > 0 && c.MaxAge > 0 {
		s.MaxAge = max(a.MaxAge, c.MaxAge)
	}
	for _, z := range append(slices.Clone(a.Zones), c.Zones...) {
		one := devices.Cover{Zones: []devices.Zone{z}}
		if a.Includes(one) && c.Includes(one) && !s.Includes(one) {
			s.Zones = append(s.Zones, z)
		}
	}
	return s
}

func foreign(b *bench) {
	if len(b.d.Others) == 0 {
		b.Fatal("the device knows no change by another hand; say in Without why")
	}
	for i := range b.d.Others {
		b := b.again()
		o := b.d.Others[i]
		alone := ""
		if o.Early {
			early := b.again()
			early.d.Others[i].Change(early)
			alone = early.d.Keeps(early, 0)
			cam := early.open()
			u := early.cover(cam, early.journal(cam), early.first())
			early.restored(early.open(), u, alone)
		}
		cam := b.open()
		u := b.cover(cam, b.journal(cam), b.first())
		o.Change(b)
		if !o.Stays(b) {
			b.Fatalf("%s: the change is not there to begin with", o.Name)
		}
		for range 2 {
			err := b.open().Restore(b.Context(), u)
			b.proper("restore", err)
			if got := errors.Is(err, devices.ErrForeign); got == o.Untold || o.Untold && err != nil {
				b.Errorf("%s: restore says %v", o.Name, err)
			}
			if !o.Stays(b) {
				b.Errorf("%s: restoring took it away; the device has %s", o.Name, b.d.Keeps(b, 0))
			}
		}
		if left := b.d.Keeps(b, 0); o.Early && left != alone {
			b.Errorf("%s: alone it makes %s, and after restoring there is %s", o.Name, alone, left)
		}
	}
}

func notApplied(b *bench) {
	if len(b.d.Ignores) == 0 {
		b.Fatal("the device applies all that it accepts; say in Without why")
	}
	for _, name := range slices.Sorted(maps.Keys(b.d.Ignores)) {
		b := b.again()
		cam, c := b.open(), b.first()
		before := b.d.Keeps(b, 0)
		u := b.restart(with(b.journal(cam), c))
		b.d.Ignores[name](b)
		got, err := cam.Apply(b.Context(), u, c)
		b.proper("apply", err)
		if !errors.Is(err, devices.ErrNotApplied) {
			b.Errorf("%s: %v", name, err)
		}
		if got.Includes(c) {
			b.Errorf("%s: it reports %s", name, words(got))
		}
		if holds, err := cam.Holds(b.Context(), u, c); holds || err != nil {
			b.Errorf("%s: it holds: %t, %v", name, holds, err)
		}
		// What was written on the way may stay until it is undone, and no longer.
		b.restored(b.open(), u, before)
	}
}

func lenses(b *bench) {
	cams := b.cameras()
	if len(cams) < 2 {
		b.Fatal("the device has one lens; say in Without why")
	}
	c := b.first()
	before := [2]string{b.d.Keeps(b, 0), b.d.Keeps(b, 1)}
	first := b.coverLens(cams[0], 0, b.journal(cams[0]), c)
	if b.d.Shows(b, 1, c) || b.d.Keeps(b, 1) != before[1] {
		b.Errorf("covering one lens made %s of the other's %s", b.d.Keeps(b, 1), before[1])
	}
	second := b.journal(cams[1])
	if holds, err := cams[1].Holds(b.Context(), with(second, c), c); holds || err != nil {
		b.Errorf("with the one lens covered, the other holds: %t, %v", holds, err)
	}
	second = b.coverLens(cams[1], 1, second, c)
	kept := b.d.Keeps(b, 1)
	b.restored(cams[0], first, before[0])
	if !b.d.Shows(b, 1, c) || b.d.Keeps(b, 1) != kept {
		b.Errorf("restoring one lens made %s of the other's %s", b.d.Keeps(b, 1), kept)
	}
	if err := cams[1].Restore(b.Context(), second); err != nil {
		b.Errorf("restore the other: %v", err)
	}
	if after := b.d.Keeps(b, 1); after != before[1] {
		b.Errorf("before, the other had %s; after restoring it has %s", before[1], after)
	}
}
