package onvif

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lensdop/lensdop/devices"
)

// forgetting bounds how old this camera's recordings on the device can become
// (MaximumRetentionTime, Recording Control §5.2.1). It never sets the bound
// higher than what the journal has from before. What the device deletes for it
// cannot be brought back.
type forgetting struct{ *camera }

// forgottenState is State.Data: the durations as the device wrote them.
type forgottenState struct {
	Recordings []kept `json:"recordings"`
}

type kept struct {
	Token string `json:"token"`
	Time  string `json:"time"`
}

func (s forgottenState) time(token string) (string, bool) {
	for _, k := range s.Recordings {
		if k.Token == token {
			return k.Time, true
		}
	}
	return "", false
}

// term is how long a recording is kept; zero is for ever.
type term struct{ least, most time.Duration }

func readTerm(one recording) (term, error) {
	if one.retention == nil {
		return term{}, fmt.Errorf("%w: the device does not tell how long it keeps recording %q", devices.ErrMalformed, plain(one.token, 64))
	}
	return parseTerm(*one.retention)
}

func parseTerm(s string) (term, error) {
	least, most, err := parseDuration(s)
	return term{least, most}, err
}

func (t term) exactly(d time.Duration) bool { return t.least == d && t.most == d }

// within tells whether nothing is surely older than d.
func (t term) within(d time.Duration) bool { return t.most > 0 && t.most <= d }

func (t term) String() string {
	if t.most == 0 {
		return "for ever"
	}
	return "for " + t.most.String()
}

// recordings are those of this camera. One that does not tell which of several
// lenses it is of is ErrUnsupported: it would be kept too long without it, and
// it may be another's.
func (w forgetting) recordings(ctx context.Context) ([]recording, error) {
	r, err := w.readRecorder(ctx)
	if err != nil {
		return nil, err
	}
	var mine []recording
	for _, one := range r.recordings {
		switch one.whose {
		case ours:
			mine = append(mine, one)
		case unknownWhose:
			return nil, &remedied{
				fmt.Errorf("%w: recording %q does not tell which lens it is of", devices.ErrUnsupported, plain(one.token, 64)),
				"set on the device how long it is kept",
			}
		}
	}
	return mine, nil
}

// offered: the device keeps recordings of this camera, and tells how long.
func (w forgetting) offered(ctx context.Context) error {
	_, err := w.state(ctx)
	return err
}

func (w forgetting) state(ctx context.Context) (any, error) {
	all, err := w.recordings(ctx)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%w: the device keeps no recording of this camera", devices.ErrUnsupported)
	}
	var s forgottenState
	for _, one := range all {
		if _, err := readTerm(one); err != nil {
			return nil, err
		}
		s.Recordings = append(s.Recordings, kept{one.token, *one.retention})
	}
	return s, nil
}

func (w forgetting) was(u devices.Undo) (forgottenState, error) {
	s, err := journal[forgottenState](u, devices.MethodRetention)
	if err == nil && len(s.Recordings) == 0 {
		err = errors.New("the journal's state from before has no recordings")
	}
	return s, err
}

// bounds are those that the journal says were written.
func bounds(u devices.Undo) []time.Duration {
	var out []time.Duration
	for _, c := range u.Wrote {
		if c.MaxAge > 0 {
			out = append(out, c.MaxAge)
		}
	}
	return out
}

func oneOfTerms(t term, all []time.Duration) bool { return slices.ContainsFunc(all, t.exactly) }

// step is what one recording needs.
type step struct {
	one  recording
	text string // xs:duration to write
	back bool   // it is the journal's own from before
}

// plan decides for one recording; ok is false if nothing is to be written.
// want is zero to ask for nothing, which is the way back.
func plan(one recording, was forgottenState, wrote []time.Duration, want time.Duration) (s step, ok bool, err error) {
	now, err := readTerm(one)
	if err != nil {
		return s, false, err
	}
	text, known := was.time(one.token)
	if !known {
		if want == 0 || now.within(want) {
			return s, false, nil
		}
		return s, false, fmt.Errorf("%w: recording %q was made since and is kept %s", devices.ErrForeign, plain(one.token, 64), now)
	}
	old, err := parseTerm(text)
	if err != nil {
		return s, false, fmt.Errorf("the journal's state from before: %w", err)
	}
	if want > 0 && !old.within(want) {
		if old.most > 0 && old.least < want {
			// A month may be shorter than the bound and may be longer.
			return s, false, fmt.Errorf("%w: recording %q is kept %q, which may be less than asked and may be more",
				devices.ErrUnsupported, plain(one.token, 64), plain(text, 40))
		}
		s = step{one: one, text: formatDuration(want)}
		if now.exactly(want) {
			return s, false, nil
		}
	} else {
		// What was there before is enough, or is what we go back to.
		s = step{one: one, text: text, back: true}
		if now == old {
			return s, false, nil
		}
	}
	switch {
	case now == old, oneOfTerms(now, wrote):
		return s, true, nil
	case want > 0 && now.within(want):
		return s, false, nil // somebody else's, and stricter
	default:
		return s, false, fmt.Errorf("%w: recording %q is kept %s by another hand", devices.ErrForeign, plain(one.token, 64), now)
	}
}

func (w forgetting) write(ctx context.Context, one recording, text string) error {
	configuration, err := one.whole.with(nsRecord, "RecordingConfiguration", text)
	if err != nil {
		return err
	}
	return w.c.callService(ctx, nsRecord, setRecordingConfiguration{RecordingToken: one.token, Configuration: configuration}, &struct{}{})
}

// apply lowers the bound to c.MaxAge where it is higher. A device that makes
// another duration of it gets its own back: nobody could tell later that this
// one is ours.
func (w forgetting) apply(ctx context.Context, u devices.Undo, c devices.Cover) (devices.Cover, error) {
	was, err := w.was(u)
	if err != nil {
		return devices.Cover{}, err
	}
	wrote := bounds(u)
	switch {
	case c.MaxAge < 0 || c.MaxAge%time.Second != 0:
		return devices.Cover{}, fmt.Errorf("a bound of %v; bounds are whole seconds", c.MaxAge)
	case c.MaxAge > maxDuration:
		return devices.Cover{}, fmt.Errorf("a bound of %v: %w", c.MaxAge, devices.ErrOutOfBounds)
	case c.MaxAge == 0:
		return devices.Cover{}, w.restore(ctx, u)
	case !slices.Contains(wrote, c.MaxAge):
		return devices.Cover{}, errors.New("this bound is not in the journal; it is written there before the device")
	}
	all, err := w.recordings(ctx)
	if err != nil {
		return devices.Cover{}, err
	}
	var steps []step
	var foreign, refused []error
	for _, one := range all {
		s, ok, err := plan(one, was, wrote, c.MaxAge)
		if err != nil {
			foreign = append(foreign, err)
		} else if ok {
			steps = append(steps, s)
		}
	}
	for _, s := range steps {
		err := w.write(ctx, s.one, s.text)
		if fatal(err) {
			return devices.Cover{}, err
		}
		refused = append(refused, err)
	}
	if len(steps) > 0 {
		if all, err = w.recordings(ctx); err != nil {
			return devices.Cover{}, err
		}
	}
	var lacking []string
	for _, one := range all {
		now, err := readTerm(one)
		if err != nil {
			return devices.Cover{}, err
		}
		i := slices.IndexFunc(steps, func(s step) bool { return s.one.token == one.token })
		if i >= 0 {
			if sent, err := parseTerm(steps[i].text); err != nil || now == sent {
				if err != nil {
					return devices.Cover{}, err
				}
			} else {
				lacking = append(lacking, fmt.Sprintf("recording %q is kept %s", plain(one.token, 64), now))
				refused = append(refused, w.giveBack(ctx, one, steps[i], now))
				continue
			}
		}
		if !now.within(c.MaxAge) {
			lacking = append(lacking, fmt.Sprintf("recording %q is kept %s", plain(one.token, 64), now))
		}
	}
	if err := together(foreign...); err != nil {
		return devices.Cover{}, together(err, together(refused...))
	}
	if len(lacking) > 0 {
		err := fmt.Errorf("%w: %s", devices.ErrNotApplied, strings.Join(lacking, ", "))
		return devices.Cover{}, together(err, together(refused...))
	}
	return devices.Cover{MaxAge: c.MaxAge}, nil
}

// giveBack writes again what the device had until we wrote, if it made
// something else of that.
func (w forgetting) giveBack(ctx context.Context, one recording, s step, now term) error {
	had, err := readTerm(s.one)
	if err != nil || now == had {
		return err
	}
	return w.write(ctx, one, *s.one.retention)
}

// holds tells whether no recording of the camera can become older than c.MaxAge.
func (w forgetting) holds(ctx context.Context, u devices.Undo, c devices.Cover) (bool, error) {
	was, err := w.was(u)
	if err != nil {
		return false, err
	}
	all, err := w.recordings(ctx)
	if err != nil {
		return false, err
	}
	for _, one := range all {
		now, err := readTerm(one)
		if err != nil {
			return false, err
		}
		if c.MaxAge > 0 && !now.within(c.MaxAge) {
			return false, nil
		}
		if c.MaxAge == 0 {
			_, back, err := plan(one, was, bounds(u), 0)
			if errors.Is(err, devices.ErrForeign) {
				continue
			}
			if back || err != nil {
				return false, err
			}
		}
	}
	return true, nil
}

// restore sets the bounds from before, where ours still stand.
func (w forgetting) restore(ctx context.Context, u devices.Undo) error {
	was, err := w.was(u)
	if err != nil {
		return err
	}
	wrote := bounds(u)
	if len(wrote) == 0 {
		return nil
	}
	all, err := w.recordings(ctx)
	if err != nil {
		return err
	}
	var steps []step
	var left, refused []error
	for _, one := range all {
		s, ok, err := plan(one, was, wrote, 0)
		if err != nil {
			left = append(left, err)
		} else if ok {
			steps = append(steps, s)
		}
	}
	for _, old := range was.Recordings {
		if !slices.ContainsFunc(all, func(one recording) bool { return one.token == old.Token }) {
			left = append(left, fmt.Errorf("%w: recording %q is gone", devices.ErrForeign, plain(old.Token, 64)))
		}
	}
	for _, s := range steps {
		err := w.write(ctx, s.one, s.text)
		if fatal(err) {
			return together(append([]error{err}, left...)...)
		}
		refused = append(refused, err)
	}
	if len(steps) > 0 {
		if all, err = w.recordings(ctx); err != nil {
			return together(append([]error{err}, left...)...)
		}
		for _, one := range all {
			if _, again, err := plan(one, was, wrote, 0); err == nil && again {
				refused = append([]error{fmt.Errorf("%w: recording %q is still kept shorter than before", devices.ErrNotApplied, plain(one.token, 64))}, refused...)
				return together(append(refused, left...)...)
			}
		}
	}
	return together(left...)
}
