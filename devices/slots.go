package devices

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// MaskStore is where a device keeps privacy masks, as a maker's driver
// presents it to ApplyMasks and its fellows. Its errors wrap those of this
// package.
type MaskStore interface {
	// Masks reads every place for a mask, taken or free.
	Masks(ctx context.Context) (MaskSlots, error)
	// SetMasks gives the places in change their new content, in their order
	// or at once, leaves all others as they are in read, and sets the switch
	// for all masks. It tries all of them even if one is refused.
	SetMasks(ctx context.Context, read MaskSlots, change []MaskSlot, on bool) error
}

// MaskSlot is one place for a mask on a device.
type MaskSlot struct {
	// ID is the device's own and stays the same.
	ID string `json:"id"`
	// Shape is the mask's outline in the picture; none means an empty place.
	Shape []Point `json:"shape,omitempty"`
	// On tells that nothing is seen through it, if the device's masks are on.
	On bool `json:"on,omitempty"`
	// Data is the driver's, to put the place back as it was.
	Data json.RawMessage `json:"data,omitempty"`
}

// free tells that nobody uses the place. A mask that is switched off is
// somebody's and not free.
func (s MaskSlot) free() bool { return len(s.Shape) == 0 && !s.On }

func (s MaskSlot) equal(t MaskSlot) bool {
	return s.On == t.On && (len(s.Shape) == 0 && len(t.Shape) == 0 || SameOutline(s.Shape, t.Shape, slackLess))
}

// MaskSlots are all places for masks of one video source.
type MaskSlots struct {
	Slots []MaskSlot `json:"slots"`
	// On is the device's one switch for all masks; true where it has none.
	On bool `json:"on"`
	// Snap is the shape that the device will have of a given one: never
	// smaller, and with no more corners than it can do.
	Snap func(shape []Point) []Point `json:"-"`
	// Ours tells whether a place that was not there before can be one that this
	// driver made; nil where the device alone numbers its places.
	Ours func(id string) bool `json:"-"`
	// Note is the driver's own of this reading.
	Note any `json:"-"`
}

// Observed are the masks as an Observation has them.
func (m MaskSlots) Observed() []Mask {
	out := []Mask{}
	for _, s := range m.Slots {
		if len(s.Shape) > 0 {
			out = append(out, Mask{Token: s.ID, Zone: Zone{ID: s.ID, Polygon: s.Shape}, Enabled: s.On && m.On})
		}
	}
	return out
}

// covers tells whether a single mask lies over all of the shape, but for slack.
func (m MaskSlots) covers(shape []Point, slack float64) bool {
	return m.On && slices.ContainsFunc(m.Slots, func(s MaskSlot) bool { return s.On && Shrouds(s.Shape, shape, slack) })
}

func (m MaskSlots) missing(must []Zone) (names []string) {
	for _, z := range must {
		if !m.covers(z.Polygon, slackLess) {
			names = append(names, fmt.Sprintf("zone %q", z.ID))
		}
	}
	return names
}

// with is m as it will be once the places in change have their new content.
func (m MaskSlots) with(change []MaskSlot) MaskSlots {
	m.Slots = slices.Clone(m.Slots)
	for _, c := range change {
		if i := slices.IndexFunc(m.Slots, func(s MaskSlot) bool { return s.ID == c.ID }); i >= 0 {
			m.Slots[i] = c
		}
	}
	return m
}

func (m MaskSlots) byID(id string) (MaskSlot, bool) {
	i := slices.IndexFunc(m.Slots, func(s MaskSlot) bool { return s.ID == id })
	if i < 0 {
		return MaskSlot{ID: id}, false
	}
	return m.Slots[i], true
}

// report is what the device covers: a zone of c comes back as it was asked for
// if a mask lies over it, other masks as the device reports them.
func (m MaskSlots) report(c Cover) Cover {
	got := Cover{Whole: m.covers(Full().Corners(), slackLess)}
	for _, z := range c.Zones {
		if m.covers(z.Polygon, slackLess) {
			got.Zones = append(got.Zones, z)
		}
	}
	for _, s := range m.Slots {
		if !m.On || !s.On || len(s.Shape) < 3 || slices.ContainsFunc(got.Zones, func(z Zone) bool { return formOf(s.Shape, z.Polygon) }) ||
			got.Whole && Shrouds(s.Shape, Full().Corners(), slackLess) {
			continue
		}
		got.Zones = append(got.Zones, Zone{ID: "device:" + s.ID, Polygon: s.Shape})
	}
	return got
}

// MaskState is the journal's state of a store's masks, for Undo.Before.
func MaskState(ctx context.Context, store MaskStore) (json.RawMessage, error) {
	m, err := store.Masks(ctx)
	if err != nil {
		return nil, err
	}
	if m.Slots == nil {
		m.Slots = []MaskSlot{}
	}
	return json.Marshal(m)
}

func maskState(u Undo) (MaskSlots, error) {
	var m MaskSlots
	if err := json.Unmarshal(u.Before.Data, &m); err != nil {
		return m, fmt.Errorf("the journal's state from before: %w", err)
	}
	if m.Slots == nil {
		return m, errors.New("the journal's state from before has no list of masks")
	}
	return m, nil
}

// maskWants tells which zones must be covered and which shapes of ours may
// stay.
func maskWants(u Undo, c Cover) (must []Zone, keep [][]Point, err error) {
	for _, z := range c.Zones {
		if err := z.Validate(); err != nil {
			return nil, nil, err
		}
		keep = append(keep, z.Polygon)
	}
	if must = c.Zones; c.Whole {
		must = []Zone{FullZone("whole")}
	}
	// A mask that the journal does not have could never be told from a
	// stranger's again.
	known := written(u)
	for _, z := range must {
		if !slices.ContainsFunc(known, func(k []Point) bool { return slices.Equal(k, z.Polygon) }) {
			return nil, nil, fmt.Errorf("zone %q is not in the journal; it is written there before the device", z.ID)
		}
	}
	return must, keep, nil
}

// samePlaces is an error if the device shows none of the places that the
// journal has: it tells of masks that it keeps elsewhere, as firmware does that
// has two tables and cannot read the one for a moment. Nothing there says what
// became of ours.
func samePlaces(now, was MaskSlots) error {
	for _, s := range was.Slots {
		if _, there := now.byID(s.ID); there {
			return nil
		}
	}
	if len(was.Slots) == 0 || now.Ours != nil { // places without masks are then only names
		return nil
	}
	return fmt.Errorf("%w: none of the places for masks that the journal has is there", ErrUnsupported)
}

func written(u Undo) (shapes [][]Point) {
	for _, c := range u.Wrote {
		for _, z := range c.Zones {
			shapes = append(shapes, z.Polygon)
		}
		if c.Whole {
			shapes = append(shapes, FullZone("whole").Polygon)
		}
	}
	return shapes
}

// maskView is what is on the device, seen through the journal.
type maskView struct {
	now, was          MaskSlots
	ours, free, other []MaskSlot
	// strange tells in words what is there, or gone, by another hand.
	strange []string
}

// maskSort tells our masks from others: ours are in a place that was free, or
// was not there, and have a shape that comes of what was written.
func maskSort(now, was MaskSlots, parts [][]Point) maskView {
	v := maskView{now: now, was: was}
	for _, s := range now.Slots {
		old, known := was.byID(s.ID)
		switch {
		case known && !old.free():
			v.other = append(v.other, s)
			if !s.equal(old) {
				v.strange = append(v.strange, fmt.Sprintf("mask %q was changed", Plain(s.ID, 64)))
			}
		case s.free():
			v.free = append(v.free, s)
		case madeOf(s.Shape, parts) && (known || now.Ours == nil || now.Ours(s.ID)):
			v.ours = append(v.ours, s)
		default:
			v.other = append(v.other, s)
			v.strange = append(v.strange, fmt.Sprintf("mask %q is new or was moved", Plain(s.ID, 64)))
		}
	}
	for _, s := range was.Slots {
		if _, there := now.byID(s.ID); !there && !s.free() {
			v.strange = append(v.strange, fmt.Sprintf("mask %q from before is gone", Plain(s.ID, 64)))
		}
	}
	slices.Sort(v.strange)
	return v
}

// empty is the place as it was before we used it.
func (v maskView) empty(id string) MaskSlot {
	old, _ := v.was.byID(id)
	return old
}

// maskPlan is what to write: first what makes the cover grow, then, when that
// has been seen on the device, what cuts it back to what is wanted. Every
// place only grows in the first step, so that no order in which a device
// applies it uncovers anything, and the second leaves each wanted shape under
// the same mask.
type maskPlan struct{ grow, final []MaskSlot }

func (v maskView) plan(must []Zone, keep [][]Point) (maskPlan, error) {
	shapes, err := v.shapes(must)
	if err != nil {
		return maskPlan{}, err
	}
	var p maskPlan
	stale, free := slices.Clone(v.ours), v.free
	var lacking [][]Point
	for _, s := range shapes {
		i := nearest(stale, s, grain)
		if i < 0 {
			lacking = append(lacking, s)
			continue
		}
		if !stale[i].On {
			p.grow = append(p.grow, MaskSlot{ID: stale[i].ID, Shape: s, On: true})
		}
		stale = slices.Delete(stale, i, i+1)
	}
	for _, s := range lacking {
		// A device that rounds a little off is asked for the same again, not for another.
		i := nearest(stale, s, slackLess)
		if i < 0 && len(free) > 0 {
			p.grow = append(p.grow, MaskSlot{ID: free[0].ID, Shape: s, On: true})
			free = free[1:]
			continue
		}
		if i < 0 {
			i = leastJoin(stale, s)
		}
		o := stale[i]
		stale = slices.Delete(stale, i, i+1)
		large := s
		if o.On && !Shrouds(s, o.Shape, 0) {
			large = v.now.Snap(Bounds(o.Shape).Join(Bounds(s)).Corners())
		}
		if !o.On || !SameOutline(o.Shape, large, hair) {
			p.grow = append(p.grow, MaskSlot{ID: o.ID, Shape: large, On: true})
		}
		if !SameOutline(large, s, hair) {
			p.final = append(p.final, MaskSlot{ID: o.ID, Shape: s, On: true})
		}
	}
	for _, o := range stale {
		if !o.On || !slices.ContainsFunc(keep, func(k []Point) bool { return formOf(o.Shape, k) }) {
			p.final = append(p.final, v.empty(o.ID))
		}
	}
	return p, nil
}

// nearest is the mask that is the device's form of the shape and lies over all
// of it but for slack, or -1.
func nearest(masks []MaskSlot, shape []Point, slack float64) int {
	best := -1
	for i, m := range masks {
		if formOf(m.Shape, shape) && Shrouds(m.Shape, shape, slack) && (best < 0 || apart(m.Shape, shape) < apart(masks[best].Shape, shape)) {
			best = i
		}
	}
	return best
}

// shapes are what the device is to have: the wanted zones in the forms that it
// can do, without those that others' masks lie over, and no more than there
// are places for.
func (v maskView) shapes(must []Zone) ([][]Point, error) {
	// A mask that only our switch brought out goes when we turn it back.
	strangers := MaskSlots{Slots: v.other, On: v.now.On && v.was.On}
	var shapes [][]Point
	for _, z := range must {
		if !strangers.covers(z.Polygon, grain) {
			shapes = append(shapes, z.Polygon)
		}
	}
	// Several zones under one mask are one.
	shapes = outermost(shapes)
	places := len(v.ours) + len(v.free)
	if len(shapes) > 0 && places == 0 {
		return nil, fmt.Errorf("%w: no room for a mask: %d are there that are not ours", ErrUnsupported, len(v.other))
	}
	if len(shapes) > places {
		shapes = Fewer(shapes, places)
	}
	for i, s := range shapes {
		shapes[i] = v.now.Snap(s)
	}
	return shapes, nil
}

// outermost leaves out the shapes that another lies over.
func outermost(shapes [][]Point) (out [][]Point) {
	for i, s := range shapes {
		if !slices.ContainsFunc(shapes[i+1:], func(t []Point) bool { return Shrouds(t, s, 0) }) &&
			!slices.ContainsFunc(out, func(t []Point) bool { return Shrouds(t, s, 0) }) {
			out = append(out, s)
		}
	}
	return out
}

// leastJoin is the mask that has to grow the least to lie over the shape too.
func leastJoin(masks []MaskSlot, shape []Point) int {
	best, least := 0, 0.0
	for i, m := range masks {
		b := Bounds(m.Shape)
		if added := b.Join(Bounds(shape)).Area() - b.Area(); i == 0 || added < least {
			best, least = i, added
		}
	}
	return best
}

// ApplyMasks makes our masks in the store equal to c, as Camera.Apply says, in
// an order that never looks more open on the way: what is missing is added, or
// one of our masks grows over it; all is read back; only then is removed what
// is no longer wanted. Shapes that the device cannot do become larger ones,
// and where there are too few places, several zones share a rectangle.
//
// Errors: ErrUnsupported without a free place, ErrNotApplied if the device
// does not have what it accepted, and those of the store. On any of them
// nothing that was wanted has been removed.
func ApplyMasks(ctx context.Context, store MaskStore, u Undo, c Cover) (Cover, error) {
	was, err := maskState(u)
	if err != nil {
		return Cover{}, err
	}
	must, keep, err := maskWants(u, c)
	if err != nil {
		return Cover{}, err
	}
	now, err := store.Masks(ctx)
	if err == nil {
		err = samePlaces(now, was)
	}
	if err != nil {
		return Cover{}, err
	}
	plan, err := maskSort(now, was, written(u)).plan(must, keep)
	if err != nil {
		return now.report(c), err
	}
	if len(plan.grow) > 0 || len(must) > 0 && !now.On {
		first := now
		refused := store.SetMasks(ctx, now, plan.grow, true)
		if lost(refused) {
			// Whether it was written is found out at the next Apply.
			return now.report(c), refused
		}
		if now, err = store.Masks(ctx); err != nil {
			return Cover{}, errors.Join(refused, err)
		}
		// A mask that is about to be cut back covers only what it will then cover.
		if lacking := now.with(plan.final).missing(must); len(lacking) > 0 {
			return spoilt(ctx, store, u, c, first, now, plan.grow, lacking, refused)
		}
		if errors.Is(refused, ErrNotApplied) {
			// It has the setting and says that it does not act on it.
			return now.report(c), refused
		}
	}
	if len(plan.final) == 0 {
		return now.report(c), nil
	}
	refused := store.SetMasks(ctx, now, plan.final, now.On)
	if lost(refused) {
		return now.report(c), refused
	}
	if now, err = store.Masks(ctx); err != nil {
		return Cover{}, errors.Join(refused, err)
	}
	if lacking := now.missing(must); len(lacking) > 0 {
		return now.report(c), errors.Join(fmt.Errorf("%w: removing others took %s along", ErrNotApplied, strings.Join(lacking, ", ")), refused)
	}
	return now.report(c), stillThere(now, plan.final, refused)
}

// lost tells that going on makes no sense: nobody answers, or nobody waits.
func lost(err error) bool {
	return errors.Is(err, ErrUnreachable) || errors.Is(err, ErrLogin) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// stillThere is an error if a place does not have its last content.
func stillThere(now MaskSlots, final []MaskSlot, refused error) error {
	n := 0
	for _, f := range final {
		s, _ := now.byID(f.ID)
		if f.free() && !s.free() && s.On || !f.free() && !formOf(s.Shape, f.Shape) {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return errors.Join(fmt.Errorf("%w: %d masks are still larger than wanted, or still there", ErrNotApplied, n), refused)
}

// spoilt is for masks that were accepted and do not cover what they should.
// Those that the device made something else of get their old content back:
// nobody could tell later that they are ours.
func spoilt(ctx context.Context, store MaskStore, u Undo, c Cover, first, now MaskSlots, wrote []MaskSlot, lacking []string, refused error) (Cover, error) {
	err := fmt.Errorf("%w: %s", ErrNotApplied, strings.Join(lacking, ", "))
	if refused != nil {
		err = fmt.Errorf("%s: %w", strings.Join(lacking, ", "), refused)
	}
	var back []MaskSlot
	for _, w := range wrote {
		s, there := now.byID(w.ID)
		old, _ := first.byID(w.ID)
		if there && !s.equal(old) && !madeOf(s.Shape, written(u)) {
			back = append(back, old)
		}
	}
	if len(back) == 0 {
		return now.report(c), err
	}
	err = fmt.Errorf("%w (the device has %d of our masks in another form; taken back)", err, len(back))
	if failed := store.SetMasks(ctx, now, back, now.On); failed != nil {
		return now.report(c), errors.Join(err, failed)
	}
	after, failed := store.Masks(ctx)
	if failed != nil {
		return now.report(c), errors.Join(err, failed)
	}
	return after.report(c), err
}

// HoldMasks tells whether the store has masks over all of c.
func HoldMasks(ctx context.Context, store MaskStore, u Undo, c Cover) (bool, error) {
	must, _, err := maskWants(u, c)
	if err != nil {
		return false, err
	}
	was, err := maskState(u)
	if err != nil {
		return false, err
	}
	now, err := store.Masks(ctx)
	if err == nil {
		err = samePlaces(now, was)
	}
	if err != nil {
		return false, err
	}
	return len(now.missing(must)) == 0, nil
}

// RestoreMasks empties the places that still have a mask of ours, as they were
// before, and turns the switch for all masks back. What others changed stays,
// and is told by ErrForeign; the switch then stays too.
func RestoreMasks(ctx context.Context, store MaskStore, u Undo) error {
	was, err := maskState(u)
	if err != nil {
		return err
	}
	now, err := store.Masks(ctx)
	if err == nil {
		err = samePlaces(now, was)
	}
	if err != nil {
		return err
	}
	v := maskSort(now, was, written(u))
	var left error
	if len(v.strange) > 0 {
		left = fmt.Errorf("%w: %s", ErrForeign, Plain(strings.Join(v.strange, ", "), 400))
	}
	on := now.On
	if !was.On && len(v.strange) == 0 {
		on = false
	}
	var empty []MaskSlot
	for _, o := range v.ours {
		empty = append(empty, v.empty(o.ID))
	}
	if len(empty) == 0 && on == now.On {
		return left
	}
	refused := store.SetMasks(ctx, now, empty, on)
	if lost(refused) {
		return errors.Join(refused, left)
	}
	if now, err = store.Masks(ctx); err != nil {
		return errors.Join(refused, err, left)
	}
	if now.On != on {
		left = errors.Join(fmt.Errorf("%w: its masks could not be switched off again", ErrNotApplied), left)
	}
	return errors.Join(stillThere(now, empty, refused), left)
}

// Plain cuts what a device said to n bytes of printable text, for errors and
// logs.
func Plain(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\uFFFD' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if len(s) > n {
		s = strings.ToValidUTF8(s[:n], "")
	}
	return strings.TrimSpace(s)
}
