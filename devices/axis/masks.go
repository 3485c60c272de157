package axis

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/devices/web"
)

// Limits of what is believed of a device's masks.
const (
	maxMasks   = 256
	maxCorners = 256
	maxViews   = 64
)

// ourPrefix starts the names of masks that we make. Which of those are ours is
// decided by the journal; one of another name is not, whatever its shape.
const ourPrefix = "lensdop-"

// listed is the answer to query=listpxjson.
type listed struct {
	Masks *[]mask `json:"listpx"`
}

type mask struct {
	Name     string   `json:"name"`
	Enabled  bool     `json:"enabled"`
	LowLimit float64  `json:"zoomlowlimit"`
	Position []corner `json:"position"`
}

type corner struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

// parseMasks reads listpxjson. What the device refuses wraps ErrUnsupported.
func parseMasks(body []byte) ([]mask, error) {
	if said := refusal(body); said != nil {
		return nil, said
	}
	var l listed
	if err := json.Unmarshal(body, &l); err != nil || l.Masks == nil {
		return nil, fmt.Errorf("%w: no list of masks", devices.ErrMalformed)
	}
	if len(*l.Masks) > maxMasks {
		return nil, fmt.Errorf("%w: %w: %d masks", devices.ErrMalformed, devices.ErrOutOfBounds, len(*l.Masks))
	}
	for i, m := range *l.Masks {
		if m.Name == "" || len(m.Position) > maxCorners || slices.ContainsFunc((*l.Masks)[:i], func(o mask) bool { return o.Name == m.Name }) {
			return nil, fmt.Errorf("%w: a mask without a name of its own, or with %d corners", devices.ErrMalformed, len(m.Position))
		}
		for _, c := range m.Position {
			if !(math.Abs(c.X) <= 1e6 && math.Abs(c.Y) <= 1e6) {
				return nil, fmt.Errorf("%w: a mask's corner is no place in the picture", devices.ErrMalformed)
			}
		}
	}
	return *l.Masks, nil
}

// views are the numbers of the enabled views of a source, in order.
func (p params) views(source int) (out []int) {
	for n := range maxViews {
		at := "Image.I" + strconv.Itoa(n) + "."
		of, told := p[at+"Source"]
		if !told {
			of = strconv.Itoa(n) // before view areas, a view was a source
		}
		if of != strconv.Itoa(source) || p[at+"Enabled"] == "no" {
			continue
		}
		if _, there := p[at+"Appearance.Rotation"]; there || p[at+"Enabled"] == "yes" {
			out = append(out, n)
		}
	}
	return out
}

// pixels reads "1920x1080".
func pixels(s string) (w, h int, ok bool) {
	a, b, ok := strings.Cut(s, "x")
	w, errW := strconv.Atoi(a)
	h, errH := strconv.Atoi(b)
	return w, h, ok && errW == nil && errH == nil && w > 0 && h > 0 && w <= 1<<16 && h <= 1<<16
}

// frame is how the sensor's pixels become the picture: mirrored from left to
// right first, then turned clockwise.
type frame struct {
	width, height int // pixels of the largest resolution, at rotation 0
	rotation      int // 0, 90, 180, 270
	mirrored      bool
	corners       int  // that a mask may have; 0 for rectangles only
	clear         bool // the masks' colour lets something through
}

// frame reads how the source's first view is made; the others crop it.
func (p params) frame(source int) (frame, error) {
	f := frame{}
	for r := range strings.SplitSeq(p["Properties.Image.Resolution"], ",") {
		if w, h, ok := pixels(strings.TrimSpace(r)); ok && w*h > f.width*f.height {
			f.width, f.height = w, h
		}
	}
	if f.width == 0 {
		return f, fmt.Errorf("%w: it does not tell its largest resolution", devices.ErrMalformed)
	}
	views := p.views(source)
	if len(views) == 0 {
		return f, fmt.Errorf("%w: image source %d has no view", devices.ErrUnsupported, source+1)
	}
	at := "Image.I" + strconv.Itoa(views[0]) + "."
	switch r := p[at+"Appearance.Rotation"]; r {
	case "", "0":
	case "90", "180", "270":
		f.rotation, _ = strconv.Atoi(r)
	default:
		return f, fmt.Errorf("%w: a picture turned by %q", devices.ErrMalformed, devices.Plain(r, 10))
	}
	if f.rotation%180 != 0 && f.height > f.width {
		f.width, f.height = f.height, f.width // told as it is shown
	}
	f.mirrored = p[at+"Appearance.MirrorEnabled"] == "yes"
	if n, err := strconv.Atoi(p["Properties.PrivacyMask.MaxNbrOfCorners"]); err == nil && p["Properties.PrivacyMask.Polygon"] == "yes" {
		f.corners = n
	}
	for _, v := range views {
		switch p["Image.I"+strconv.Itoa(v)+".Overlay.MaskWindows.Color"] {
		case "mosaic", "blurred":
			f.clear = true
		}
	}
	return f, nil
}

// shown maps a point of the sensor, 0..1, to the picture.
func (f frame) shown(p devices.Point) devices.Point {
	if f.mirrored {
		p.X = 1 - p.X
	}
	switch f.rotation {
	case 90:
		return devices.Point{X: 1 - p.Y, Y: p.X}
	case 180:
		return devices.Point{X: 1 - p.X, Y: 1 - p.Y}
	case 270:
		return devices.Point{X: p.Y, Y: 1 - p.X}
	default:
		return p
	}
}

// sensor maps a point of the picture to the sensor.
func (f frame) sensor(p devices.Point) devices.Point {
	switch f.rotation {
	case 90:
		p = devices.Point{X: p.Y, Y: 1 - p.X}
	case 180:
		p = devices.Point{X: 1 - p.X, Y: 1 - p.Y}
	case 270:
		p = devices.Point{X: 1 - p.Y, Y: p.X}
	}
	if f.mirrored {
		p.X = 1 - p.X
	}
	return p
}

func each(shape []devices.Point, f func(devices.Point) devices.Point) []devices.Point {
	out := make([]devices.Point, len(shape))
	for i, p := range shape {
		out[i] = f(p)
	}
	return out
}

// snap is the shape that the device will have of a given one: whole pixels,
// a polygon where it can do one of so many corners, else the rectangle.
func (f frame) snap(shape []devices.Point) []devices.Point {
	on := each(shape, f.sensor)
	if len(shape) <= f.corners {
		const most = 0.75 // of a pixel: rounding moves a corner by less
		wide := devices.Outset(on, most/float64(min(f.width, f.height)))
		for i, p := range wide {
			wide[i] = devices.Point{
				X: math.Round(p.X*float64(f.width)) / float64(f.width),
				Y: math.Round(p.Y*float64(f.height)) / float64(f.height),
			}
		}
		if out := each(wide, f.shown); len(wide) > 0 && (devices.Zone{Polygon: out}).Validate() == nil && devices.Shrouds(out, shape, 0) &&
			devices.Shrouds(shape, out, devices.SlackRound) {
			return out
		}
	}
	g := devices.Grid{Columns: f.width, Rows: f.height}
	return each(g.Rect(g.Outward(devices.Bounds(on))).Corners(), f.shown)
}

// pxpolygon writes a shape as the device wants it: clockwise, a rectangle from
// its top left.
func (f frame) pxpolygon(shape []devices.Point) string {
	on := each(shape, f.sensor)
	if box := devices.Bounds(on).Corners(); devices.SameOutline(on, box, 1e-6) {
		on = box
	}
	var twice float64
	for i, p := range on {
		q := on[(i+1)%len(on)]
		twice += p.X*q.Y - q.X*p.Y
	}
	if twice < 0 {
		slices.Reverse(on)
	}
	var parts []string
	for _, p := range on {
		parts = append(parts, fmt.Sprintf("%d,%d", int(math.Round(p.X*float64(f.width))), int(math.Round(p.Y*float64(f.height)))))
	}
	return strings.Join(parts, ":")
}

// noted is what a reading leaves for the requests that change it.
type noted struct {
	frame frame
	names map[string]bool
}

// Masks reads the source's privacy masks, and the places that are left.
func (cam *camera) Masks(ctx context.Context) (devices.MaskSlots, error) {
	p, err := cam.list(ctx, "Properties.PrivacyMask", "Properties.Image", "Image")
	if err != nil {
		return devices.MaskSlots{}, err
	}
	if p["Properties.PrivacyMask.PrivacyMask"] != "yes" || !slices.Contains(strings.Split(p["Properties.PrivacyMask.Query"], ","), "listpxjson") {
		return devices.MaskSlots{}, fmt.Errorf("%w: it has no privacymask.cgi that lists masks", devices.ErrUnsupported)
	}
	f, err := p.frame(cam.source)
	if err != nil {
		return devices.MaskSlots{}, err
	}
	masks, err := cam.listed(ctx)
	if err != nil {
		return devices.MaskSlots{}, err
	}
	note := noted{frame: f, names: map[string]bool{}}
	m := devices.MaskSlots{On: true, Snap: f.snap, Ours: func(name string) bool { return strings.HasPrefix(name, ourPrefix) }}
	for _, k := range masks {
		note.names[k.Name] = true
		m.Slots = append(m.Slots, f.slot(k))
	}
	m.Note = note
	limit, err := strconv.Atoi(p["Properties.PrivacyMask.MaxNbrOfPrivacyMasks"])
	if err != nil {
		return m, fmt.Errorf("%w: it does not tell how many masks it holds", devices.ErrMalformed)
	}
	for n := 1; len(m.Slots) < min(limit, maxMasks); n++ {
		name := fmt.Sprintf("%s%d-%d", ourPrefix, cam.source+1, n)
		if !note.names[name] {
			m.Slots = append(m.Slots, devices.MaskSlot{ID: name})
		}
	}
	return m, nil
}

func (cam *camera) listed(ctx context.Context) ([]mask, error) {
	a, err := cam.c.Do(ctx, web.Request{Path: maskPath, Query: "query=listpxjson&imagesource=" + strconv.Itoa(cam.source)})
	if err != nil {
		return nil, err
	}
	return parseMasks(a.Body)
}

// slot reads one mask. One that goes away at a wide zoom covers nothing
// surely; one that the camera has turned away from has no corners.
func (f frame) slot(k mask) devices.MaskSlot {
	s := devices.MaskSlot{ID: k.Name}
	for _, c := range k.Position {
		s.Shape = append(s.Shape, f.shown(devices.Point{X: c.X / float64(f.width), Y: c.Y / float64(f.height)}))
	}
	if (devices.Zone{Polygon: s.Shape}).Area() == 0 {
		s.Shape, s.On = nil, true // it is there, and nobody can tell where
		return s
	}
	s.On = k.Enabled && k.LowLimit == 0 && !f.clear
	return s
}

// SetMasks adds, moves and removes masks, one request each. A mask that the
// device made and left off is switched on by its parameter.
func (cam *camera) SetMasks(ctx context.Context, read devices.MaskSlots, change []devices.MaskSlot, _ bool) error {
	n, ok := read.Note.(noted)
	if !ok {
		return errors.New("masks that were not read here")
	}
	var failed []error
	made := false
	for _, s := range change {
		// Without it the first source is meant, whichever has the name.
		query := "&imagesource=" + strconv.Itoa(cam.source) + "&name=" + url.QueryEscape(s.ID)
		switch {
		case len(s.Shape) == 0 && !n.names[s.ID]:
			continue
		case len(s.Shape) == 0:
			query = "action=remove" + query
		case n.frame.clear && s.On:
			return web.Remedy(fmt.Errorf("%w: its masks are see-through", devices.ErrUnsupported), "set the colour of the masks to black")
		case n.names[s.ID]:
			query, made = "action=update"+query+"&pxpolygon="+n.frame.pxpolygon(s.Shape), true
		default:
			query, made = "action=add"+query+"&pxpolygon="+n.frame.pxpolygon(s.Shape), true
		}
		err := cam.act(ctx, query)
		if failed = append(failed, err); errors.Is(err, devices.ErrUnreachable) || ctx.Err() != nil {
			return errors.Join(failed...)
		}
	}
	if made {
		failed = append(failed, cam.switchOn(ctx, change))
	}
	return errors.Join(failed...)
}

// switchOn sets the parameter of masks that should be on and are not.
func (cam *camera) switchOn(ctx context.Context, change []devices.MaskSlot) error {
	masks, err := cam.listed(ctx)
	if err != nil {
		return err
	}
	var off []string
	for _, k := range masks {
		if !k.Enabled && slices.ContainsFunc(change, func(s devices.MaskSlot) bool { return s.ID == k.Name && s.On }) {
			off = append(off, k.Name)
		}
	}
	if len(off) == 0 {
		return nil
	}
	p, err := cam.list(ctx, "Image")
	if err != nil {
		return err
	}
	var failed []error
	for k, v := range p {
		at, is := strings.CutSuffix(k, ".Name")
		if is && strings.Contains(at, ".Overlay.MaskWindows.M") && slices.Contains(off, v) {
			failed = append(failed, cam.update(ctx, at+".Enabled", "yes"))
		}
	}
	return errors.Join(failed...)
}
