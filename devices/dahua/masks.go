package dahua

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/lensdop/lensdop/devices"
)

// grid is the raster of every rectangle of these devices; the origin is the
// top left.
func grid() devices.Grid { return devices.Grid{Columns: 8191, Rows: 8191} }

// maxPlaces bounds the masks of a channel that are believed; the SDK has 16.
const maxPlaces = 64

// settings are one mask's keys below its place, with their values.
type settings map[string]string

// Masks reads the channel's privacy masks from the table that the firmware has.
func (cam *camera) Masks(ctx context.Context) (devices.MaskSlots, error) {
	kv, err := cam.config(ctx, "VideoWidget")
	if err != nil && !errors.Is(err, devices.ErrUnsupported) {
		return devices.MaskSlots{}, err
	}
	m, err := slots(kv, fmt.Sprintf("VideoWidget[%d].Covers[", cam.channel))
	if err != nil || len(m.Slots) > 0 {
		return m, err
	}
	if kv, err = cam.config(ctx, "PrivacyMasking"); err != nil {
		return m, err
	}
	if m, err = slots(kv, fmt.Sprintf("PrivacyMasking[%d][", cam.channel)); err != nil || len(m.Slots) > 0 {
		return m, err
	}
	return m, fmt.Errorf("%w: it has no masks of a form that is known", devices.ErrUnsupported)
}

// slots reads the masks below a prefix that ends in an open bracket.
func slots(kv map[string]string, prefix string) (devices.MaskSlots, error) {
	m := devices.MaskSlots{On: true, Snap: func(shape []devices.Point) []devices.Point {
		return grid().Rect(grid().Outward(devices.Bounds(shape))).Corners()
	}}
	places := map[int]settings{}
	for k, v := range kv {
		rest, ok := strings.CutPrefix(k, prefix)
		if !ok {
			continue
		}
		text, key, ok := strings.Cut(rest, "].")
		n, err := strconv.ParseUint(text, 10, 10)
		if !ok || err != nil || n >= maxPlaces {
			return m, fmt.Errorf("%w: a mask %q", devices.ErrMalformed, devices.Plain(k, 60))
		}
		if places[int(n)] == nil {
			places[int(n)] = settings{}
		}
		places[int(n)][key] = v
	}
	for _, n := range slices.Sorted(maps.Keys(places)) {
		if len(places[n].switches()) == 0 {
			continue // no mask in a form that is known
		}
		s, err := places[n].slot(fmt.Sprintf("%s%d]", prefix, n))
		if err != nil {
			return m, err
		}
		m.Slots = append(m.Slots, s)
	}
	m.Note = places
	return m, nil
}

// switches are the keys that all have to be true for the mask to be in every
// stream: VideoWidget has one for each, PrivacyMasking has one for all.
func (s settings) switches() (keys []string) {
	for k := range s {
		if strings.HasPrefix(k, "EncodeBlend") && !strings.Contains(k, ".") || k == "Enable" {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return keys
}

func edge(i int) string { return "Rect[" + strconv.Itoa(i) + "]" }

// ours are the keys that a write changes.
func (s settings) ours() (keys []string) {
	keys = append(s.switches(), edge(0), edge(1), edge(2), edge(3))
	for _, k := range []string{"PreviewBlend", "Mosaic"} {
		if _, has := s[k]; has {
			keys = append(keys, k)
		}
	}
	return keys
}

// slot reads one place. A mask that is no rectangle is somebody's, and what it
// covers is not told.
func (s settings) slot(id string) (devices.MaskSlot, error) {
	slot := devices.MaskSlot{ID: id, On: true}
	was := settings{}
	for _, k := range s.ours() {
		if v, has := s[k]; has {
			was[k] = v
		}
	}
	data, err := json.Marshal(was)
	if err != nil {
		return slot, err
	}
	slot.Data = data
	on := true
	for _, k := range s.switches() {
		on = on && truth(s[k])
	}
	if mosaic := s["Mosaic"]; mosaic != "" && mosaic != "0" && mosaic != "false" {
		on = false // it shows that and where somebody moves
	}
	if shape := s["ShapeType"]; shape != "" && !strings.EqualFold(shape, "Rect") {
		return slot, nil
	}
	var edges [4]int
	for i := range edges {
		v, has := s[edge(i)]
		if !has {
			return slot, nil
		}
		n, err := strconv.ParseInt(v, 10, 32)
		if err != nil || n < -1e6 || n > 1e6 {
			return slot, fmt.Errorf("%w: a mask's edge of %q", devices.ErrMalformed, devices.Plain(v, 20))
		}
		edges[i] = int(n)
	}
	if edges[0] > edges[2] {
		edges[0], edges[2] = edges[2], edges[0]
	}
	if edges[1] > edges[3] {
		edges[1], edges[3] = edges[3], edges[1]
	}
	if edges[0] == edges[2] || edges[1] == edges[3] {
		// Some devices are delivered with masks of no size that are on.
		slot.On = false
		return slot, nil
	}
	slot.On, slot.Shape = on, grid().Rect(edges).Corners()
	return slot, nil
}

func truth(s string) bool { return s == "true" || s == "1" }

// SetMasks writes one place after the other, so that no request grows longer
// than small web servers take. Within one, the rectangle comes before the
// switches.
func (cam *camera) SetMasks(ctx context.Context, read devices.MaskSlots, change []devices.MaskSlot, _ bool) error {
	places, ok := read.Note.(map[int]settings)
	if !ok {
		return errors.New("masks that were not read here")
	}
	var failed []error
	for _, s := range change {
		open := strings.LastIndex(s.ID, "[")
		n, err := strconv.Atoi(strings.TrimSuffix(s.ID[open+1:], "]"))
		if err != nil || places[n] == nil || open < 0 {
			failed = append(failed, fmt.Errorf("%w: it no longer has mask %s", devices.ErrUnsupported, devices.Plain(s.ID, 60)))
			continue
		}
		keys, values, err := places[n].write(s)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		for i, k := range keys {
			keys[i] = s.ID + "." + k
		}
		err = cam.set(ctx, keys, values)
		if failed = append(failed, err); errors.Is(err, devices.ErrUnreachable) || ctx.Err() != nil {
			break
		}
	}
	return errors.Join(failed...)
}

// write is a place's new content: what the journal has of it, or a rectangle.
func (s settings) write(slot devices.MaskSlot) (keys, values []string, err error) {
	var was settings
	if len(slot.Data) > 0 {
		if err := json.Unmarshal(slot.Data, &was); err != nil {
			return nil, nil, fmt.Errorf("the journal's mask %s: %w", devices.Plain(slot.ID, 60), err)
		}
	}
	edges := [4]int{}
	if len(slot.Shape) > 0 {
		edges = grid().Outward(devices.Bounds(slot.Shape))
	}
	add := func(k, v string) {
		if was != nil {
			old, has := was[k]
			if !has {
				return
			}
			v = old
		}
		keys, values = append(keys, k), append(values, v)
	}
	outline := func() {
		for i, e := range edges {
			add(edge(i), strconv.Itoa(e))
		}
	}
	on := strconv.FormatBool(slot.On)
	if slot.On {
		outline()
	}
	for _, k := range s.switches() {
		if v := s[k]; v == "0" || v == "1" {
			add(k, map[bool]string{true: "1", false: "0"}[slot.On])
		} else {
			add(k, on)
		}
	}
	if _, has := s["PreviewBlend"]; has {
		add("PreviewBlend", on)
	}
	if _, has := s["Mosaic"]; has {
		add("Mosaic", "0")
	}
	if !slot.On {
		outline()
	}
	return keys, values, nil
}
