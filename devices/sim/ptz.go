package sim

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
)

// Preset is a place that a camera can turn to by itself.
type Preset struct {
	Token, Name string
	// Pan and Tilt -1..1, to the right and up; Zoom 0..1 (ONVIF's generic spaces).
	Pan, Tilt, Zoom float64
	// Sees is what is before the lens there: with CoverTape or CoverBlack it
	// looks into the housing, and shows nothing. It belongs to the place, and
	// stays when the preset is moved or removed.
	Sees Cover
}

func (p Preset) pose() pose { return pose{p.Pan, p.Tilt, p.Zoom} }

// maxPresets of each lens.
const maxPresets = 16

// Where a lens looks (ONVIF PTZ §5.8, generic spaces).
type pose struct{ pan, tilt, zoom float64 }

// near tells that the lens looks at the same place, whatever the zoom.
func (p pose) near(q pose) bool {
	return math.Abs(p.pan-q.pan) < 0.02 && math.Abs(p.tilt-q.tilt) < 0.02
}

func (p pose) valid() bool {
	in := func(v, lo float64) bool { return v >= lo && v <= 1 }
	return in(p.pan, -1) && in(p.tilt, -1) && in(p.zoom, 0)
}

func (p pose) clamp() pose {
	return pose{max(-1, min(1, p.pan)), max(-1, min(1, p.tilt)), max(0, min(1, p.zoom))}
}

// motor turns a lens: to a place, or with a velocity until it is stopped.
// Where it is follows from the time alone, so nothing runs meanwhile.
type motor struct {
	speed float64 // units per second, from Camera
	since time.Time
	from  pose
	to    *pose // nil: it moves by velocity
	rate  pose  // share of the speed per axis: 0..1 towards to, -1..1 as velocity
	until time.Time

	presets []Preset
	home    pose
	named   int // presets that got a token of the device's own
}

// at is where the lens is at a moment, and what moves.
func (m *motor) at(now time.Time) (p pose, turning, zooming bool) {
	if m.to == nil && !m.until.IsZero() && now.After(m.until) {
		now = m.until
	}
	s := max(0, now.Sub(m.since).Seconds()) * m.speed
	if m.to == nil {
		// The range of zoom is half that of the others.
		p = pose{m.from.pan + m.rate.pan*s, m.from.tilt + m.rate.tilt*s, m.from.zoom + m.rate.zoom*s/2}.clamp()
		moves := m.until.IsZero() || now.Before(m.until)
		return p, moves && (m.rate.pan != 0 || m.rate.tilt != 0), moves && m.rate.zoom != 0
	}
	step := func(from, to, by float64) float64 {
		if math.Abs(to-from) <= by {
			return to
		}
		return from + math.Copysign(by, to-from)
	}
	p = pose{step(m.from.pan, m.to.pan, m.rate.pan*s), step(m.from.tilt, m.to.tilt, m.rate.tilt*s), step(m.from.zoom, m.to.zoom, m.rate.zoom*s/2)}
	return p, p.pan != m.to.pan || p.tilt != m.to.tilt, p.zoom != m.to.zoom
}

// goTo starts towards a place, at shares of the full speed.
func (m *motor) goTo(now time.Time, to, rate pose) {
	m.from, _, _ = m.at(now)
	m.since, m.to, m.rate = now, &to, rate
}

// move starts moving; a velocity of zero stops. A zero until has no end.
func (m *motor) move(now time.Time, rate pose, until time.Time) {
	m.from, _, _ = m.at(now)
	m.since, m.to, m.rate, m.until = now, nil, rate, until
}

// stop ends what moves on the given axes.
func (m *motor) stop(now time.Time, turning, zooming bool) {
	p, _, _ := m.at(now)
	rate, to := m.rate, m.to
	m.from, m.since = p, now
	if to != nil {
		rest := *to
		if turning {
			rest.pan, rest.tilt = p.pan, p.tilt
		}
		if zooming {
			rest.zoom = p.zoom
		}
		m.to = &rest
		return
	}
	if turning {
		rate.pan, rate.tilt = 0, 0
	}
	if zooming {
		rate.zoom = 0
	}
	m.rate = rate
}

func (m *motor) preset(token string) (int, *soapFault) {
	i := slices.IndexFunc(m.presets, func(p Preset) bool { return p.Token == token })
	if i < 0 {
		return 0, senderFault("there is no such preset", "ter:InvalidArgVal", "ter:NoToken")
	}
	return i, nil
}

// setPreset keeps where the lens looks, under a name and a token; empty ones
// are made up (ONVIF PTZ §5.5.1).
func (m *motor) setPreset(now time.Time, name, token string) (string, *soapFault) {
	p, turning, zooming := m.at(now)
	if turning || zooming {
		return "", receiverFault("presets are not set while the camera moves", "ter:Action", "ter:MovingPTZ")
	}
	if slices.ContainsFunc(m.presets, func(o Preset) bool { return name != "" && o.Name == name && o.Token != token }) {
		return "", senderFault("another preset has this name", "ter:InvalidArgVal", "ter:PresetExist")
	}
	set := Preset{Token: token, Name: name, Pan: p.pan, Tilt: p.tilt, Zoom: p.zoom}
	if token != "" {
		i, f := m.preset(token)
		if f != nil {
			return "", f
		}
		if name == "" {
			set.Name = m.presets[i].Name
		}
		m.presets[i] = set
		return token, nil
	}
	if len(m.presets) >= maxPresets {
		return "", receiverFault("the camera holds no more presets", "ter:Action", "ter:TooManyPresets")
	}
	for taken := true; taken; {
		m.named++
		set.Token = "preset_" + strconv.Itoa(m.named)
		_, f := m.preset(set.Token)
		taken = f == nil
	}
	if name == "" {
		set.Name = fmt.Sprintf("Preset %d", m.named)
	}
	m.presets = append(m.presets, set)
	return set.Token, nil
}

// turn lets f work the motor of a lens.
func (l *source) turn(f func(m *motor, now time.Time) *soapFault) *soapFault {
	l.mu.Lock()
	defer l.mu.Unlock()
	return f(&l.motor, time.Now())
}

// goToPreset starts towards a preset, unless a fault says otherwise.
func (l *source) goToPreset(token string, rate pose) *soapFault {
	ignored, reportedOnly := l.dev.fault(FaultParkIgnored), l.dev.fault(FaultParkNotApplied)
	return l.turn(func(m *motor, now time.Time) *soapFault {
		i, f := m.preset(token)
		if f != nil || ignored {
			return f
		}
		l.gotoPose(now, m.presets[i].pose(), rate, reportedOnly)
		return nil
	})
}

// gotoPose moves what the device reports, and the lens itself unless it is
// stuck. The caller holds mu.
func (l *source) gotoPose(now time.Time, to, rate pose, reportedOnly bool) {
	p, _, _ := l.motor.at(now)
	switch {
	case !reportedOnly:
		l.stuck = nil
	case l.stuck == nil:
		l.stuck = &p
	}
	l.motor.goTo(now, to, rate)
}

// Position is where a lens looks by its motor, as GetStatus tells it, and
// whether it moves. Hands on the camera do not count.
func (d *Device) Position(lens int) (pan, tilt, zoom float64, moving bool, err error) {
	err = d.onLens(lens, func(l *source) {
		l.mu.Lock()
		defer l.mu.Unlock()
		p, turning, zooming := l.motor.at(time.Now())
		pan, tilt, zoom, moving = p.pan, p.tilt, p.zoom, turning || zooming
	})
	return pan, tilt, zoom, moving, err
}

// PresetsOf lists the presets of a lens, those that clients set included.
func (d *Device) PresetsOf(lens int) ([]Preset, error) {
	var list []Preset
	err := d.onLens(lens, func(l *source) {
		l.mu.Lock()
		defer l.mu.Unlock()
		list = slices.Clone(l.motor.presets)
	})
	return list, err
}
