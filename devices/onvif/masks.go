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

// Limits of what is believed of a device's masks.
const (
	maxMasks  = 512 // per configuration
	maxPoints = 256 // per mask
)

// mask is a mask on the device, in coordinates of the whole video source. It
// is also what the journal keeps of the masks found before the first write.
type mask struct {
	Token         string          `json:"token"`
	Configuration string          `json:"configuration"`
	Polygon       []devices.Point `json:"polygon"`
	Enabled       bool            `json:"enabled"`
	Type          string          `json:"type"`
}

// opaque tells that nothing is seen through the mask. A pixelated or blurred
// one shows that and where somebody moves.
func (m mask) opaque() bool {
	return m.Enabled && (m.Type == "" || strings.EqualFold(m.Type, "Color"))
}

// id is the token with its configuration: some devices give the same token in
// each.
func (m mask) id() string { return m.Configuration + "\x00" + m.Token }

// equal tells whether two masks have the same value, tokens aside.
func (m mask) equal(n mask) bool {
	return m.Configuration == n.Configuration && m.Enabled == n.Enabled && m.Type == n.Type &&
		(same(m.Polygon, n.Polygon) || len(m.Polygon) == 0 && len(n.Polygon) == 0)
}

// layer is what a mask has to be in to cover a stream: a video source
// configuration, or the whole source where the device copies a mask to all
// configurations itself (capability SourceMask).
type layer struct {
	configuration string       // where masks are created
	window        devices.Rect // of that configuration
	masks         []mask
	maxMasks      int // 0: the device does not tell
	maxPoints     int // 0: the device does not tell
	rectangleOnly bool
}

// journalled is State.Data.
type journalled struct {
	Masks []mask `json:"masks"`
}

// maskSupport tells whether the device has masks and whether they are per
// source. The error wraps devices.ErrUnsupported if it has none.
func (cam *camera) maskSupport(ctx context.Context) (perSource bool, err error) {
	var caps mediaCapabilities
	if err := cam.c.callService(ctx, nsMedia2, getServiceCapabilities2{}, &caps); err != nil {
		return false, err
	}
	if !caps.Capabilities.Mask {
		return false, fmt.Errorf("%w: its Media2 service has no masks", devices.ErrUnsupported)
	}
	return caps.Capabilities.SourceMask, nil
}

// readMasks reads the masks of every configuration of the video source, and
// their limits if asked for. The error wraps devices.ErrUnsupported if the
// device has no masks, or none that can be opaque.
func (cam *camera) readMasks(ctx context.Context, limits bool) ([]layer, error) {
	perSource, err := cam.maskSupport(ctx)
	if err != nil {
		return nil, err
	}
	configs, err := cam.configurations(ctx)
	if err != nil {
		return nil, err
	}
	if len(configs) == 0 {
		return nil, fmt.Errorf("%w: it lists no configuration of video source %q", devices.ErrUnsupported, plain(cam.info.Source, 64))
	}
	src, err := cam.sourceSize(ctx)
	if err != nil {
		return nil, err
	}
	layers := make([]layer, 0, len(configs))
	for i, cfg := range configs {
		window, ok := cfg.window(src).Get()
		if !ok {
			// A mask in a place that is probably right beats none; the path
			// itself stays unproven.
			window = devices.Full()
		}
		masks, err := cam.configurationMasks(ctx, cfg.Token, window, len(configs) == 1)
		if err != nil {
			return nil, err
		}
		if perSource && i > 0 {
			layers[0].masks = append(layers[0].masks, newTokens(layers[0].masks, masks)...)
			continue
		}
		l := layer{configuration: cfg.Token, window: window, masks: masks}
		if limits {
			if err := cam.readLimits(ctx, &l); err != nil {
				return nil, err
			}
		}
		layers = append(layers, l)
	}
	return layers, nil
}

// newTokens are the masks whose token is not in have: a device may list a
// source's mask under each of its configurations.
func newTokens(have, masks []mask) []mask {
	seen := map[string]bool{}
	for _, m := range have {
		seen[m.Token] = true
	}
	var out []mask
	for _, m := range masks {
		if !seen[m.Token] {
			out = append(out, m)
		}
	}
	return out
}

// configurationMasks reads the masks of one configuration. Only where it is
// the only one may a mask leave out which it is in: else one mask would pass
// for covering them all.
func (cam *camera) configurationMasks(ctx context.Context, config string, window devices.Rect, alone bool) ([]mask, error) {
	var list maskList
	if err := cam.c.callService(ctx, nsMedia2, getMasks2{ConfigurationToken: config}, &list); err != nil {
		return nil, err
	}
	if len(list.Masks) > maxMasks {
		return nil, fmt.Errorf("%w: %w: %d masks", devices.ErrMalformed, devices.ErrOutOfBounds, len(list.Masks))
	}
	var out []mask
	for _, m := range list.Masks {
		at := strings.TrimSpace(m.Configuration)
		if at != "" && at != config {
			continue // the device ignores the filter
		}
		if at == "" && !alone {
			return nil, fmt.Errorf("%w: a mask that does not tell its configuration", devices.ErrMalformed)
		}
		if m.Token == "" || len(m.Points) > maxPoints {
			return nil, fmt.Errorf("%w: a mask without token or with %d corners", devices.ErrMalformed, len(m.Points))
		}
		poly := make([]devices.Point, len(m.Points))
		for i, p := range m.Points {
			if math.IsNaN(p.X) || math.IsNaN(p.Y) || math.Abs(p.X) > 1e6 || math.Abs(p.Y) > 1e6 {
				return nil, fmt.Errorf("%w: a mask's corner is no place in the picture", devices.ErrMalformed)
			}
			poly[i] = fromDevice(p)
		}
		out = append(out, mask{
			Token: m.Token, Configuration: config, Polygon: outOf(poly, window),
			Enabled: m.Enabled, Type: plain(m.Type, 32),
		})
	}
	return out, nil
}

func (cam *camera) readLimits(ctx context.Context, l *layer) error {
	var o maskOptions
	err := cam.c.callService(ctx, nsMedia2, getMaskOptions2{ConfigurationToken: l.configuration}, &o)
	if fatal(err) {
		return err
	}
	if err != nil {
		// Creating will show the limits.
		cam.c.o.Log.Warn("mask options not read", "device", cam.c.address, "error", err)
		return nil
	}
	l.rectangleOnly = o.Options.RectangleOnly
	if n := o.Options.MaxMasks; n != nil {
		l.maxMasks = max(*n, 0)
	}
	if n := o.Options.MaxPoints; n != nil {
		l.maxPoints = max(*n, 0)
	}
	color := len(o.Options.Types) == 0
	for _, t := range o.Options.Types {
		color = color || strings.EqualFold(strings.TrimSpace(t), "Color")
	}
	if !color {
		return fmt.Errorf("%w: its masks can only be %s, which one can see through",
			devices.ErrUnsupported, plain(strings.Join(o.Options.Types, ", "), 100))
	}
	return nil
}

// masking covers by the masks of the Media2 service.
type masking struct{ *camera }

// offered: the device has masks that can be opaque.
func (cam masking) offered(ctx context.Context) error {
	_, err := cam.readMasks(ctx, true)
	return err
}

// state is the masks that are there before the first write.
func (cam masking) state(ctx context.Context) (any, error) {
	layers, err := cam.readMasks(ctx, false)
	return journalled{Masks: allMasks(layers)}, err
}

func allMasks(layers []layer) []mask {
	all := []mask{}
	for _, l := range layers {
		all = append(all, l.masks...)
	}
	return all
}

// before is the masks that the journal says were there.
func before(u devices.Undo) ([]mask, error) {
	j, err := journal[journalled](u, devices.MethodDeviceMask)
	if err == nil && j.Masks == nil {
		err = errors.New("the journal's state from before has no list of masks")
	}
	return j.Masks, err
}

// outlines are the forms that a zone may have on a layer, the wanted one
// first; none if the zone lies outside the layer's window.
func (l layer) outlines(z devices.Zone) [][]devices.Point {
	poly := clip(z.Polygon, l.window)
	if poly == nil {
		return nil
	}
	if box, tiny := widened(poly, l.window); tiny {
		return [][]devices.Point{box}
	}
	box := corners(bounding(poly))
	if l.rectangleOnly || l.maxPoints > 0 && len(poly) > l.maxPoints {
		return [][]devices.Point{box}
	}
	return [][]devices.Point{poly, box}
}

// has tells whether a mask of the layer covers the zone.
func (l layer) has(z devices.Zone) bool {
	forms := l.outlines(z)
	for _, m := range l.masks {
		if m.opaque() && isOneOf(m.Polygon, forms) {
			return true
		}
	}
	return forms == nil
}

func isOneOf(poly []devices.Point, forms [][]devices.Point) bool {
	for _, f := range forms {
		if same(poly, f) {
			return true
		}
	}
	return false
}

// written lists every zone that the journal says was written.
func written(u devices.Undo) []devices.Zone {
	var zones []devices.Zone
	for _, c := range u.Wrote {
		zones = append(zones, c.Zones...)
		if c.Whole {
			zones = append(zones, whole())
		}
	}
	return zones
}

func whole() devices.Zone { return devices.FullZone("whole") }

// sorting is the layers' masks seen through the journal.
type sorting struct {
	ours []mask
	// strange tells in words what is there, or gone, by another hand.
	strange []string
}

// sort tells our masks from others. Ours are those that were not there before
// and have the value of something written. What has the token of one from
// before is that one, changed, unless that one is there under another token:
// firmware that numbers its masks anew at a restart gives ours the number of
// one that was there before us.
func sortMasks(layers []layer, was []mask, wrote []devices.Zone) sorting {
	var s sorting
	old := map[string]mask{}
	for _, m := range was {
		old[m.id()] = m
	}
	type placed struct {
		mask
		layer layer
	}
	var rest []placed
	present := map[string]bool{} // configurations
	for _, l := range layers {
		present[l.configuration] = true
		for _, m := range l.masks {
			present[m.Configuration] = true
			if o, known := old[m.id()]; known && o.equal(m) {
				delete(old, m.id())
				continue
			}
			rest = append(rest, placed{m, l})
		}
	}
	mine := func(m placed) bool {
		return m.opaque() && slices.ContainsFunc(wrote, func(z devices.Zone) bool { return isOneOf(m.Polygon, m.layer.allOutlines(z)) })
	}
	// The tokens from before that now have something which nobody made of what
	// they had: that is a change, and no new number.
	edited := map[string]bool{}
	for _, m := range rest {
		moved := slices.ContainsFunc(was, func(o mask) bool { return o.equal(m.mask) })
		edited[m.id()] = !moved && !mine(m)
	}
	var left []placed
	for _, m := range rest {
		if id, ok := renumbered(old, edited, m.mask, present); ok {
			delete(old, id)
			continue
		}
		left = append(left, m)
	}
	for _, m := range left {
		_, known := old[m.id()]
		switch {
		case known:
			delete(old, m.id())
			s.strange = append(s.strange, fmt.Sprintf("mask %q was changed", plain(m.Token, 64)))
		case mine(m):
			s.ours = append(s.ours, m.mask)
		default:
			s.strange = append(s.strange, fmt.Sprintf("mask %q is new or was moved", plain(m.Token, 64)))
		}
	}
	for _, m := range old {
		s.strange = append(s.strange, fmt.Sprintf("mask %q from before is gone", plain(m.Token, 64)))
	}
	return s
}

// renumbered finds the mask from before that m is under another token, first
// in the same configuration, then in one that is gone. In doubt a mask is
// somebody else's: it stays.
func renumbered(old map[string]mask, edited map[string]bool, m mask, present map[string]bool) (string, bool) {
	for id, o := range old {
		if !edited[id] && o.equal(m) {
			return id, true
		}
	}
	for id, o := range old {
		if gone := !present[o.Configuration]; gone {
			if o.Configuration = m.Configuration; o.equal(m) {
				return id, true
			}
		}
	}
	return "", false
}

// allOutlines are the outlines whatever the device's limits: those may have
// been unknown when the mask was written.
func (l layer) allOutlines(z devices.Zone) [][]devices.Point {
	l.rectangleOnly, l.maxPoints = false, 0
	return l.outlines(z)
}

// report is what the layers cover: a zone of c comes back as it was asked for
// if every layer has it, other opaque masks as the device reports them.
func report(layers []layer, c devices.Cover) devices.Cover {
	everywhere := func(z devices.Zone) bool {
		for _, l := range layers {
			if !l.has(z) {
				return false
			}
		}
		return len(layers) > 0
	}
	got := devices.Cover{Whole: everywhere(whole())}
	for _, z := range c.Zones {
		if everywhere(z) {
			got.Zones = append(got.Zones, z)
		}
	}
	for _, m := range allMasks(layers) {
		z := devices.Zone{ID: "device:" + m.Token, Polygon: m.Polygon}
		if !m.opaque() || len(m.Polygon) < 3 || !everywhere(z) || got.Whole && same(m.Polygon, whole().Polygon) {
			continue
		}
		listed := false
		for _, have := range got.Zones {
			listed = listed || same(have.Polygon, z.Polygon)
		}
		if !listed {
			got.Zones = append(got.Zones, z)
		}
	}
	return got
}
