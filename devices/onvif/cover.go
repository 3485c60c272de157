package onvif

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/lensdop/lensdop/devices"
)

// apply makes our masks on the device equal to c, in an order that never
// looks more open on the way: what is missing is created, all is read back,
// and only then is removed what is no longer wanted. A mask that is full-size
// for c.Whole joins those of c.Zones, which stay if they are there.
//
// Zones come back in the answer as they were asked for when every
// configuration of the video source has a mask of that outline, within 1/256
// of the picture; a device that knows only rectangles gets the rectangle
// around the zone, which is larger. Sound is not this method's.
//
// Errors: ErrUnsupported without masks or without room for one, ErrNotApplied
// if the device does not report what it accepted, ErrLogin, ErrUnreachable,
// ErrMalformed. On any of them nothing has been removed that was wanted.
func (cam masking) apply(ctx context.Context, u devices.Undo, c devices.Cover) (devices.Cover, error) {
	was, err := before(u)
	if err != nil {
		return devices.Cover{}, err
	}
	must, keep, err := wanted(u, c)
	if err != nil {
		return devices.Cover{}, err
	}
	layers, err := cam.readMasks(ctx, true)
	if err != nil {
		return devices.Cover{}, err
	}
	wrote := written(u)
	if len(missing(layers, must)) > 0 {
		var made []string
		var refused []error
		for _, l := range layers {
			tokens, err := cam.fill(ctx, l, must, keep, sortMasks([]layer{l}, was, wrote).ours)
			made = append(made, tokens...)
			if fatal(err) {
				// Whether it was created is found out at the next Apply.
				return report(layers, c), err
			}
			refused = append(refused, err)
		}
		if layers, err = cam.readMasks(ctx, true); err != nil {
			return devices.Cover{}, err
		}
		if err := together(refused...); err != nil {
			return report(layers, c), err
		}
		if lacking := missing(layers, must); len(lacking) > 0 {
			return cam.giveUp(ctx, layers, c, lacking, made, was, wrote)
		}
	}

	var gone []mask
	for _, m := range sortMasks(layers, was, wrote).ours {
		if !serves(layers, m, keep) {
			gone = append(gone, m)
		}
	}
	if len(gone) == 0 {
		return report(layers, c), nil
	}
	failed := cam.remove(ctx, gone)
	if fatal(failed) {
		return report(layers, c), failed
	}
	if layers, err = cam.readMasks(ctx, true); err != nil {
		return devices.Cover{}, err
	}
	if lacking := missing(layers, must); len(lacking) > 0 {
		return report(layers, c), fmt.Errorf("%w: removing others took %s along", devices.ErrNotApplied, strings.Join(lacking, ", "))
	}
	return report(layers, c), stillThere(layers, gone, failed)
}

// holds tells whether every configuration of the video source has masks for c.
// Errors are those of reading masks.
func (cam masking) holds(ctx context.Context, u devices.Undo, c devices.Cover) (bool, error) {
	must, _, err := wanted(u, c)
	if err != nil {
		return false, err
	}
	layers, err := cam.readMasks(ctx, true)
	if err != nil {
		return false, err
	}
	return len(missing(layers, must)) == 0, nil
}

// wanted tells which zones must be covered and which of ours may stay.
func wanted(u devices.Undo, c devices.Cover) (must, keep []devices.Zone, err error) {
	for _, z := range c.Zones {
		if err := z.Validate(); err != nil {
			return nil, nil, err
		}
	}
	must, keep = c.Zones, c.Zones
	if c.Whole {
		must = []devices.Zone{whole()}
		keep = append(slices.Clone(c.Zones), whole())
	}
	// A mask that the journal does not have could never be told from a
	// stranger's again.
	for _, z := range must {
		if !slices.ContainsFunc(written(u), func(w devices.Zone) bool { return slices.Equal(w.Polygon, z.Polygon) }) {
			return nil, nil, fmt.Errorf("zone %q is not in the journal; it is written there before the device", z.ID)
		}
	}
	return must, keep, nil
}

// missing names the zones that some layer lacks.
func missing(layers []layer, must []devices.Zone) []string {
	var names []string
	for _, z := range must {
		if slices.ContainsFunc(layers, func(l layer) bool { return !l.has(z) }) {
			names = append(names, fmt.Sprintf("zone %q", z.ID))
		}
	}
	return names
}

// serves tells whether a mask is one of the zones on its layer.
func serves(layers []layer, m mask, zones []devices.Zone) bool {
	for _, l := range layers {
		if !slices.ContainsFunc(l.masks, func(n mask) bool { return n.Token == m.Token && n.Configuration == m.Configuration }) {
			continue
		}
		for _, z := range zones {
			if isOneOf(m.Polygon, l.allOutlines(z)) {
				return true
			}
		}
	}
	return false
}

// fill creates what a layer lacks and returns the tokens it was given.
func (cam masking) fill(ctx context.Context, l layer, must, keep []devices.Zone, ours []mask) ([]string, error) {
	var lacking []devices.Zone
	for _, z := range must {
		if !l.has(z) {
			lacking = append(lacking, z)
		}
	}
	room := len(lacking)
	if l.maxMasks > 0 {
		room = max(min(room, l.maxMasks-len(l.masks)), 0)
	}
	var made []string
	for i, z := range lacking {
		if i >= room {
			return made, cam.reshape(ctx, l, lacking[i:], keep, ours)
		}
		token, err := cam.create(ctx, l, z)
		if errors.Is(err, devices.ErrOutOfBounds) {
			return made, cam.reshape(ctx, l, lacking[i:], keep, ours)
		}
		if err != nil {
			return made, err
		}
		// A token that was in use before would make a stranger's mask ours.
		if !slices.ContainsFunc(l.masks, func(m mask) bool { return m.Token == token }) {
			made = append(made, token)
		}
	}
	return made, nil
}

// reshape gives one of our own masks the outline of the one zone that is
// lacking, for a device without room for another. That is one step on the
// device, and what the mask covered until now is either inside the whole
// picture or no longer wanted.
func (cam masking) reshape(ctx context.Context, l layer, lacking, keep []devices.Zone, ours []mask) error {
	if len(lacking) == 1 {
		z := lacking[0]
		all := same(z.Polygon, whole().Polygon)
		for _, m := range ours {
			if m.Configuration != l.configuration || !all && serves([]layer{l}, m, keep) {
				continue
			}
			out := outgoing(l, l.outlines(z)[0])
			out.Token = m.Token
			return cam.c.callService(ctx, nsMedia2, setMask2{Mask: out}, &struct{}{})
		}
	}
	names := make([]string, len(lacking))
	for i, z := range lacking {
		names[i] = fmt.Sprintf("zone %q", z.ID)
	}
	return fmt.Errorf("%w: no room for %s: %d masks are in the way, %d of them not ours, and it holds %s",
		devices.ErrUnsupported, strings.Join(names, ", "), len(l.masks), len(l.masks)-len(ours), limit(l.maxMasks))
}

func limit(n int) string {
	if n == 0 {
		return "no more"
	}
	return fmt.Sprintf("at most %d", n)
}

func outgoing(l layer, poly []devices.Point) maskOut {
	out := maskOut{ConfigurationToken: l.configuration, Type: "Color", Enabled: true}
	for _, p := range (devices.Zone{Polygon: poly}).In(l.window).Polygon {
		q := toDevice(p)
		out.Points = append(out.Points, xmlPoint{X: decimal(q.X), Y: decimal(q.Y)})
	}
	return out
}

// decimal drops what rounding left over: 1e-17 and -0 are numbers to XML and
// not to every firmware.
func decimal(v float64) float64 { return math.Round(v*1e6)/1e6 + 0 }

func (cam masking) create(ctx context.Context, l layer, z devices.Zone) (string, error) {
	var made createdMask
	forms := l.outlines(z)
	err := cam.c.callService(ctx, nsMedia2, createMask2{Mask: outgoing(l, forms[0])}, &made)
	var f *fault
	if errors.As(err, &f) && f.is("InvalidPolygon") && len(forms) > 1 {
		// The device does not tell its limits; a rectangle every one can draw.
		err = cam.c.callService(ctx, nsMedia2, createMask2{Mask: outgoing(l, forms[1])}, &made)
	}
	return strings.TrimSpace(made.Token), err
}

// giveUp is for masks that were accepted and are not there as sent. Those
// that the device made something else of are taken away again: nobody could
// tell later that they are ours.
func (cam masking) giveUp(ctx context.Context, layers []layer, c devices.Cover, lacking, made []string, was []mask, wrote []devices.Zone) (devices.Cover, error) {
	err := fmt.Errorf("%w: %s", devices.ErrNotApplied, strings.Join(lacking, ", "))
	ours := sortMasks(layers, was, wrote).ours
	var spoilt []mask
	for _, m := range allMasks(layers) {
		known := func(n mask) bool { return n.Token == m.Token }
		if slices.Contains(made, m.Token) && !slices.ContainsFunc(ours, known) && !slices.ContainsFunc(was, known) {
			spoilt = append(spoilt, m)
		}
	}
	if len(spoilt) == 0 {
		return report(layers, c), err
	}
	err = fmt.Errorf("%w (the device has %d of our masks in another form; removed)", err, len(spoilt))
	if failed := cam.remove(ctx, spoilt); failed != nil {
		return report(layers, c), together(err, failed)
	}
	after, failed := cam.readMasks(ctx, true)
	if failed != nil {
		return report(layers, c), together(err, failed)
	}
	return report(after, c), err
}

// remove deletes masks. A refusal is returned after all were tried; what it
// means is decided by reading back, since a device may delete copies along.
func (cam masking) remove(ctx context.Context, masks []mask) error {
	var failed []error
	for _, m := range masks {
		err := cam.c.callService(ctx, nsMedia2, deleteMask2{Token: m.Token}, &struct{}{})
		if fatal(err) {
			return err
		}
		failed = append(failed, err)
	}
	return together(failed...)
}

// stillThere is an error if a removed mask is still reported with its value.
func stillThere(layers []layer, removed []mask, failed error) error {
	n := 0
	for _, m := range allMasks(layers) {
		if slices.ContainsFunc(removed, func(r mask) bool { return r.Token == m.Token && r.equal(m) }) {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	err := fmt.Errorf("%w: %d masks are still there after removing them", devices.ErrNotApplied, n)
	if failed != nil {
		err = fmt.Errorf("%w: %w", err, failed)
	}
	return err
}

// restore removes our masks that still have a value that we wrote. What others
// changed stays, and is told by ErrForeign.
func (cam masking) restore(ctx context.Context, u devices.Undo) error {
	was, err := before(u)
	if err != nil {
		return err
	}
	layers, err := cam.readMasks(ctx, false)
	if err != nil {
		return err
	}
	s := sortMasks(layers, was, written(u))
	var left error
	if len(s.strange) > 0 {
		slices.Sort(s.strange)
		left = fmt.Errorf("%w: %s", devices.ErrForeign, plain(strings.Join(s.strange, ", "), 400))
	}
	if len(s.ours) == 0 {
		return left
	}
	failed := cam.remove(ctx, s.ours)
	if fatal(failed) {
		return together(failed, left)
	}
	if layers, err = cam.readMasks(ctx, false); err != nil {
		return together(err, left)
	}
	return together(stillThere(layers, s.ours, failed), left)
}
