package hikvision

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lensdop/lensdop/devices"
)

const (
	usualPlaces = 4   // of devices that do not tell
	maxPlaces   = 64  // that are believed
	maxCorners  = 256 // of one region
)

// usualGrid is that of devices that do not tell.
func usualGrid() devices.Grid { return devices.Grid{Columns: 704, Rows: 576} }

// reading of the masks, for the request that changes them.
type document struct {
	root *node
	grid devices.Grid
}

// Masks reads the channel's privacy masks.
func (cam *camera) Masks(ctx context.Context) (devices.MaskSlots, error) {
	root, err := cam.get(ctx, cam.channel.masks(), "PrivacyMask")
	if err != nil {
		return devices.MaskSlots{}, err
	}
	doc := document{root: root, grid: usualGrid()}
	if size := root.child("normalizedScreenSize"); size != nil {
		w, errW := strconv.Atoi(size.text("normalizedScreenWidth"))
		h, errH := strconv.Atoi(size.text("normalizedScreenHeight"))
		if errW != nil || errH != nil || w < 16 || h < 16 || w > 1<<16 || h > 1<<16 {
			return devices.MaskSlots{}, fmt.Errorf("%w: a mask's grid of %q by %q", devices.ErrMalformed,
				devices.Plain(size.text("normalizedScreenWidth"), 10), devices.Plain(size.text("normalizedScreenHeight"), 10))
		}
		doc.grid = devices.Grid{Columns: w, Rows: h}
	}
	m := devices.MaskSlots{
		On:   root.text("enabled") == "true",
		Note: doc,
		Snap: func(shape []devices.Point) []devices.Point {
			return doc.grid.Rect(doc.grid.Outward(devices.Bounds(shape))).Corners()
		},
	}
	places := 0
	list := root.child("PrivacyMaskRegionList")
	if list != nil {
		for _, a := range list.attr {
			if n, err := strconv.Atoi(a.Value); err == nil && a.Name.Local == "size" {
				places = n
			}
		}
		for _, r := range list.children("PrivacyMaskRegion") {
			s, err := cam.slot(doc.grid, r)
			if err != nil {
				return m, err
			}
			if slices.ContainsFunc(m.Slots, func(t devices.MaskSlot) bool { return t.ID == s.ID }) || len(m.Slots) >= maxPlaces {
				return m, fmt.Errorf("%w: region %q twice, or too many", devices.ErrMalformed, s.ID)
			}
			m.Slots = append(m.Slots, s)
		}
	}
	if places < usualPlaces {
		// Some count the regions that are there, others those that can be.
		if cam.room == 0 {
			if cam.room, err = cam.places(ctx); err != nil {
				return m, err
			}
		}
		places = max(places, cam.room)
	}
	for i := 1; i <= min(places, maxPlaces); i++ {
		if id := strconv.Itoa(i); !slices.ContainsFunc(m.Slots, func(s devices.MaskSlot) bool { return s.ID == id }) {
			m.Slots = append(m.Slots, devices.MaskSlot{ID: id})
		}
	}
	return m, nil
}

// places is how many regions the device's capabilities tell.
func (cam *camera) places(ctx context.Context) (int, error) {
	caps, err := cam.get(ctx, cam.channel.masks()+"/capabilities", "PrivacyMask")
	if errors.Is(err, devices.ErrUnreachable) || ctx.Err() != nil {
		return 0, err
	}
	if err == nil {
		if list := caps.child("PrivacyMaskRegionList"); list != nil {
			for _, a := range list.attr {
				if n, err := strconv.Atoi(a.Value); err == nil && n > 0 && (a.Name.Local == "size" || a.Name.Local == "max") {
					return n, nil
				}
			}
		}
	}
	return usualPlaces, nil
}

// slot reads one region.
func (cam *camera) slot(g devices.Grid, r *node) (devices.MaskSlot, error) {
	s := devices.MaskSlot{ID: r.text("id"), On: r.text("enabled") == "true" && !strings.EqualFold(r.text("maskType"), "mosaic")}
	if !number(s.ID) {
		return s, fmt.Errorf("%w: a mask without a number", devices.ErrMalformed)
	}
	raw, err := json.Marshal(string(r.document()))
	if err != nil {
		return s, err
	}
	s.Data = raw
	var shape []devices.Point
	if list := r.child("RegionCoordinatesList"); list != nil {
		for _, c := range list.children("RegionCoordinates") {
			x, errX := strconv.ParseFloat(c.text("positionX"), 64)
			y, errY := strconv.ParseFloat(c.text("positionY"), 64)
			if errX != nil || errY != nil || !(x >= -1e6 && x <= 1e6 && y >= -1e6 && y <= 1e6) || len(shape) >= maxCorners {
				return s, fmt.Errorf("%w: mask %s has a corner that is no place in the picture", devices.ErrMalformed, s.ID)
			}
			p := devices.Point{X: x / float64(g.Columns), Y: y / float64(g.Rows)}
			if cam.origin == BottomLeft {
				p.Y = 1 - p.Y
			}
			shape = append(shape, p)
		}
	}
	if (devices.Zone{Polygon: shape}).Area() > 0 {
		s.Shape = shape
	}
	if len(s.Shape) == 0 {
		s.On = false // a region of no size covers nothing
	}
	return s, nil
}

// SetMasks changes regions in one request. All others are written back as they
// were read.
func (cam *camera) SetMasks(ctx context.Context, read devices.MaskSlots, change []devices.MaskSlot, on bool) error {
	doc, ok := read.Note.(document)
	if !ok {
		return errors.New("masks that were not read here")
	}
	root := doc.root.clone()
	root.set("enabled", strconv.FormatBool(on))
	list := root.child("PrivacyMaskRegionList")
	if list == nil {
		list = root.add("PrivacyMaskRegionList")
	}
	for _, s := range change {
		r, err := cam.region(doc.grid, list, s)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list.kids, func(k *node) bool { return k.name() == "PrivacyMaskRegion" && k.text("id") == s.ID })
		if i < 0 {
			list.kids, list.data = append(list.kids, r), ""
			continue
		}
		list.kids[i] = r
	}
	err := cam.put(ctx, cam.channel.masks(), root)
	if errors.Is(err, errRestart) {
		cam.waits = &restart{since: cam.c.Now()}
	} else if err == nil {
		cam.waits = nil
	}
	return err
}

// region is a place's content as the device wants it: what the journal has of
// it, or the region that is there with another outline.
func (cam *camera) region(g devices.Grid, list *node, s devices.MaskSlot) (*node, error) {
	if len(s.Data) > 0 {
		var raw string
		if err := json.Unmarshal(s.Data, &raw); err != nil {
			return nil, fmt.Errorf("the journal's region %s: %w", devices.Plain(s.ID, 10), err)
		}
		return parse([]byte(raw))
	}
	var r *node
	for _, k := range list.children("PrivacyMaskRegion") {
		if k.text("id") == s.ID {
			r = k.clone()
		}
	}
	if r == nil {
		r = (&node{tag: list.tag}).add("PrivacyMaskRegion")
		r.set("id", s.ID)
	}
	r.set("enabled", strconv.FormatBool(s.On))
	if s.On && strings.EqualFold(r.text("maskType"), "mosaic") {
		r.set("maskType", "red") // a mosaic shows that and where somebody moves
	}
	coordinates := r.child("RegionCoordinatesList")
	if coordinates == nil {
		coordinates = r.add("RegionCoordinatesList")
	}
	coordinates.kids, coordinates.data = nil, ""
	edges := [4]int{}
	if len(s.Shape) > 0 {
		b := devices.Bounds(s.Shape)
		if cam.origin == BottomLeft {
			b.Min.Y, b.Max.Y = 1-b.Max.Y, 1-b.Min.Y
		}
		edges = g.Outward(b)
	}
	for _, p := range [][2]int{{edges[0], edges[1]}, {edges[2], edges[1]}, {edges[2], edges[3]}, {edges[0], edges[3]}} {
		c := coordinates.add("RegionCoordinates")
		c.set("positionX", strconv.Itoa(p[0]))
		c.set("positionY", strconv.Itoa(p[1]))
	}
	return r, nil
}

// restart is what a setting waits for.
type restart struct{ since time.Time }

// waiting is an error while the device has not restarted since it said that it
// must. The device tells its time since the start; one that does not is asked
// for the setting again by the next write.
func (cam *camera) waiting(ctx context.Context) error {
	if cam.waits == nil {
		return nil
	}
	n, err := cam.get(ctx, "/ISAPI/System/status", "DeviceStatus")
	if errors.Is(err, devices.ErrUnreachable) || ctx.Err() != nil {
		return err
	}
	if err == nil {
		up, err := strconv.ParseInt(n.text("deviceUpTime"), 10, 32)
		if err == nil && time.Duration(up)*time.Second < cam.c.Now().Sub(cam.waits.since) {
			cam.waits = nil
			return nil
		}
	}
	return status(&node{tag: "ResponseStatus", kids: []*node{{tag: "statusCode", data: codeRestart}}})
}

// paths are the channel's streams. Which part of the picture a stream shows is
// not told.
func (cam *camera) paths(ctx context.Context) ([]devices.Path, error) {
	n, err := cam.get(ctx, "/ISAPI/Streaming/channels", "StreamingChannelList")
	if err != nil {
		return nil, err
	}
	var paths []devices.Path
	for _, s := range n.children("StreamingChannel") {
		id := s.text("id")
		// The first digits are the channel's number, the last two the stream's.
		if !number(id) || len(id) < 3 || id[:len(id)-2] != cam.channel.id || s.text("enabled") == "false" {
			continue
		}
		port := s.text("Transport", "rtspPortNo")
		if !number(port) {
			port = "554"
		}
		p := devices.Path{
			ID: id, Name: devices.Plain(s.text("channelName"), 100), Kind: devices.PathStream,
			URL:    "rtsp://" + net.JoinHostPort(cam.c.Host(), port) + "/Streaming/Channels/" + id,
			Window: devices.Unreadable[devices.Rect](errors.New("the device does not tell which part of the picture the stream shows")),
			Codec:  devices.Plain(strings.NewReplacer(".", "", "-", "").Replace(s.text("Video", "videoCodecType")), 20),
			Sound:  devices.Of(s.text("Audio", "enabled") == "true"),
		}
		p.Width, _ = strconv.Atoi(s.text("Video", "videoResolutionWidth"))
		p.Height, _ = strconv.Atoi(s.text("Video", "videoResolutionHeight"))
		if s.child("Audio", "enabled") == nil {
			p.Sound = devices.Unreadable[bool](errors.New("the device does not tell whether the stream has sound"))
		}
		paths = append(paths, p)
	}
	return paths, nil
}

func (cam *camera) users(ctx context.Context) ([]devices.User, error) {
	n, err := cam.get(ctx, "/ISAPI/Security/users", "UserList")
	if err != nil {
		return nil, err
	}
	users := []devices.User{}
	for _, u := range n.children("User") {
		users = append(users, devices.User{Name: devices.Plain(u.text("userName"), 100), Level: devices.Plain(u.text("userLevel"), 40)})
	}
	return users, nil
}
