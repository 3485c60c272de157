package agent

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lensdop/lensdop/agent/cover"
	"github.com/lensdop/lensdop/agent/state"
	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/devices/picture"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/rules"
	"github.com/lensdop/lensdop/policy/wire"
)

// evaluateEvery is how often the rules are evaluated when nothing changes:
// some of them watch how old a fact is.
const evaluateEvery = 10 * time.Second

// settleFor bounds how often changes lead to an evaluation.
const settleFor = 200 * time.Millisecond

// evaluateLoop judges the rules whenever something changed, and regularly.
func (a *Agent) evaluateLoop(ctx context.Context) error {
	tick := time.NewTicker(evaluateEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-a.dirty:
		case <-tick.C:
			a.watchGaps(ctx)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(settleFor):
		}
		if err := a.evaluate(ctx); err != nil && ctx.Err() == nil {
			a.log.ErrorContext(ctx, "rules", "err", err)
		}
	}
}

// evaluate judges the rules once and tells what changed.
func (a *Agent) evaluate(ctx context.Context) error {
	o := a.inForce()
	if o.policy.Protocol == nil {
		return nil
	}
	findings := rules.Evaluate(a.facts(o))
	// A person at the gateway sees what holds now, also if it cannot be stored.
	a.mu.Lock()
	a.findings = findings
	a.mu.Unlock()
	before, err := a.db.Findings(ctx)
	if err != nil {
		return err
	}
	return a.update(ctx, func(t *state.Tx) error {
		seen := map[string]bool{}
		for _, f := range findings {
			seen[f.ID] = true
			var old rules.Finding
			// A stored finding that cannot be read is told anew.
			if b, ok := before[f.ID]; ok && json.Unmarshal(b, &old) == nil {
				if f = rules.Follow(&old, f); rules.SameVerdict(old, f) {
					continue
				}
			} else {
				f = rules.Follow(nil, f)
			}
			b, err := json.Marshal(f)
			if err != nil {
				return fmt.Errorf("finding %s: %w", f.ID, err)
			}
			if err := t.SetFinding(f.ID, b); err != nil {
				return err
			}
			if err := t.Emit(f.At, wire.EventFinding, f.ID, f); err != nil {
				return err
			}
		}
		return a.endFindings(t, before, seen)
	})
}

// endFindings closes the findings whose subject is gone: a device that was
// unplugged, a camera that left the register.
func (a *Agent) endFindings(t *state.Tx, before map[string][]byte, seen map[string]bool) error {
	now, _ := a.clock.now()
	for id, b := range before {
		if seen[id] {
			continue
		}
		var old rules.Finding
		if err := json.Unmarshal(b, &old); err != nil {
			old = rules.Finding{ID: id}
			a.log.Error("a stored finding cannot be read", "finding", id, "err", err)
		}
		old.Status, old.At = rules.NotApplicable, now
		old.Text = policy.Text{
			NL: "Het onderwerp van deze bevinding is er niet meer.",
			FR: "L'objet de ce constat n'existe plus.",
			EN: "The subject of this finding is no longer there.",
		}
		if err := t.Emit(now, wire.EventFinding, id, old); err != nil {
			return err
		}
		if err := t.DropFinding(id); err != nil {
			return err
		}
	}
	return nil
}

// watchGaps turns what was shown into unproven when the last look is older
// than the protocol allows.
func (a *Agent) watchGaps(ctx context.Context) {
	o := a.inForce()
	if o.policy.Protocol == nil {
		return
	}
	gap, ok := o.policy.Protocol.Blackout.Proof.MaxGap.Fixed()
	if !ok || gap <= 0 {
		gap = time.Minute
	}
	now, _ := a.clock.now()
	a.mu.Lock()
	var late []*keeper
	for _, k := range a.keepers {
		if k.state.Ordered == "whole" && k.state.Shown[policy.PartPicture] == cover.Closed && now.Sub(lastLook(k.sights)) > gap {
			late = append(late, k)
		}
	}
	for _, k := range late {
		k.state.Shown = map[string]string{policy.PartPicture: cover.Unproven, policy.PartSound: cover.Unproven}
		k.state.Obeys, k.state.Since = false, lastLook(k.sights)
		k.state.Trouble = fmt.Sprintf("no look for longer than %s: unproven from the last good one", gap)
		k.sights = nil
	}
	a.mu.Unlock()
	for _, k := range late {
		if err := k.tell(ctx, wire.EventShown, now); err != nil {
			a.log.ErrorContext(ctx, "a gap is not told", "camera", k.id, "err", err)
		}
	}
	if len(late) > 0 {
		a.touch()
	}
}

func lastLook(sights map[string]cover.Sight) time.Time {
	var last time.Time
	for _, s := range sights {
		if last.IsZero() || s.At.Before(last) {
			last = s.At
		}
	}
	return last
}

// facts gathers what is known, for the rules.
func (a *Agent) facts(o *orders) rules.Facts {
	now, _ := a.clock.now()
	p := o.policy.Protocol
	f := rules.Facts{Protocol: p, Site: a.cfg.Site, Now: now, Differences: o.apartFrom(now)}
	f.Found = a.foundFacts()
	for _, s := range a.readerStates() {
		f.Readers = append(f.Readers, rules.Reader{
			Port: s.Port, Frame: s.Frame, ID: s.Reader, SeenGood: s.Good > 0, Trouble: s.Trouble,
			// Every frame kind that can be read so far carries the number in clear.
			Unencrypted: s.Good > 0,
		})
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	f.Scans = slices.Clone(a.scans)
	for _, c := range p.CamerasOf(a.cfg.Site) {
		k := a.keepers[c.ID]
		if k == nil {
			continue
		}
		x := rules.Camera{
			ID: c.ID, Reach: rules.Reach(k.state.Reach), Info: k.info, Observation: k.obs, OnNetwork: k.seenBy,
			Ordered: o.coverAt(c.ID, now), Since: k.state.Since,
			Released: k.released, Uncovered: uncovered(k.sights, k.released),
		}
		if k.trouble != nil {
			x.Trouble = k.trouble.Error()
		}
		if b := a.bestBox(c.Identity); b != nil {
			if i, up := k.info.Get(); up {
				x.SoldWith = a.soldWith(i, deviceKey(b.found), a.tried, a.logins.For(b.found))
			}
			x.Network, x.FirstSeen = networkOf(b.found), b.found.FirstSeen
			x.Account = a.logins.For(b.found).User
		}
		a.readings(&x)
		for _, s := range k.sights {
			x.Paths = append(x.Paths, pathFacts(x.Ordered, s, k.changed))
		}
		f.Cameras = append(f.Cameras, x)
	}
	return f
}

// foundFacts is what is known of every device on the network. Lenses are as of
// the last login: a device that is being asked just now keeps its count.
func (a *Agent) foundFacts() []rules.Found {
	a.mu.Lock()
	defer a.mu.Unlock()
	entries := a.entries()
	list := make([]rules.Found, 0, len(a.boxes))
	for _, b := range a.boxes {
		e := entries[b]
		x := rules.Found{
			Found: b.found, Cameras: e.cameras, Channels: e.channels, Device: e.device,
			Lenses: devices.Unreadable[int](errNoLogin), Name: nameOf(b.found), Reach: b.reach,
		}
		if b.lenses > 0 {
			x.Lenses = devices.Of(b.lenses)
		}
		if b.conflict != nil {
			c := *b.conflict
			x.Conflict = &c
		}
		list = append(list, x)
	}
	slices.SortFunc(list, func(x, y rules.Found) int {
		return cmp.Or(strings.Compare(x.Address, y.Address), strings.Compare(x.Endpoint, y.Endpoint))
	})
	return list
}

// uncovered tells whether a camera shows its view again since a release: every
// path shows no cover, and one the reference. What was not seen since is unknown.
func uncovered(sights map[string]cover.Sight, released time.Time) devices.Value[bool] {
	same := false
	for _, s := range sights {
		if !s.At.After(released) {
			return devices.Unreadable[bool](errors.New("not looked at since the release"))
		}
		if s.Cover.Closed() {
			return devices.Of(false)
		}
		same = same || s.View.State == picture.Same
	}
	if !same {
		return devices.Unreadable[bool](errors.New("its view was not recognised since the release"))
	}
	return devices.Of(true)
}

// pathFacts turns a sight into facts. What was seen before the order changed
// says nothing of what is ordered now.
func pathFacts(ordered devices.Cover, s cover.Sight, changed time.Time) rules.Path {
	if s.At.Before(changed) {
		s = s.Outdated()
	}

	p := rules.Path{
		Path: s.Path, Stream: s.Stream, Masks: map[string]rules.Mask{},
		View: rules.View{Verdict: rules.ViewUnknown, Reason: s.View.Reason, Numbers: map[string]float64{rules.NumberShift: s.Shift}},
	}
	switch s.View.State {
	case picture.Same:
		p.View.Verdict = rules.ViewSame
	case picture.Moved:
		p.View.Verdict = rules.ViewMoved
	}
	for id, m := range s.Masks {
		x := rules.Mask{Verdict: rules.MaskUnknown, Reason: m.Reason, Numbers: map[string]float64{"margin": m.Margin}}
		switch m.State {
		case picture.IsMasked:
			x.Verdict = rules.Masked
		case picture.Open:
			x.Verdict = rules.MaskOpen
		}
		p.Masks[id] = x
	}
	shown, reason := cover.PathShown(devices.Cover{Whole: ordered.Whole}, s)
	p.Cover = rules.Shown{Verdict: rules.ShownVerdict(shown), Reason: reason, Numbers: map[string]float64{"margin": s.Cover.Margin}}
	return p
}
