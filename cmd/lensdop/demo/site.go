package demo

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math/rand/v2"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/lensdop/lensdop/devices/sim"
)

// The identities below are those of Lensmonde's protocol file.
const (
	hallEndpoint    = "urn:uuid:1e45d000-0001-4000-8000-00000000de01"
	entranceEndoint = "urn:uuid:1e45d000-0002-4000-8000-00000000de02"
	carParkEndpoint = "urn:uuid:1e45d000-0003-4000-8000-00000000de03"
	// strayEndpoint is nobody's: the camera that the register does not have.
	strayEndpoint = "urn:uuid:1e45d000-0099-4000-8000-00000000de99"

	cameraUser = "lensdop"
	// cameraPassword is for simulated cameras only.
	cameraPassword = "sim-polder-7"
)

// Invented badges. The search for leaks looks for them in everything that the
// demo writes.
const (
	BadgeStaff = "0B00C0FFEE"
	BadgeStray = "0A00FACADE"
)

// site is the simulated sports hall.
type site struct {
	network  string // of this run, so that two demos on one machine do not meet
	hall     *sim.Device
	entrance *sim.Device
	carPark  *sim.Device
	stray    *sim.Device // nil if hidden by a fault
	staff    *sim.ReaderDevice
	back     *sim.ReaderDevice // nobody registered it
	// unicast lists where to ask when multicast discovery is not to be had.
	unicast []string
	// codecs tells in words which ones the cameras speak.
	codecs string
}

func startSite(ctx context.Context, o Options, say func(string, ...any)) (*site, error) {
	//nolint:gosec // chooses a network, not a secret
	s := &site{network: fmt.Sprintf("127.%d.%d", 16+rand.IntN(200), rand.IntN(250))}
	h264, h265 := "mjpeg", "mjpeg"
	s.codecs = "Motion JPEG"
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		s.codecs += " (ffmpeg is not installed, so no H.264 and H.265)"
	} else if !o.MJPEG {
		h264, h265 = "h264", "h265"
		s.codecs += ", H.264 and H.265"
	}
	start := func(to **sim.Device, host string, c sim.Camera) error {
		c.Host, c.User, c.Password = s.network+"."+host, cameraUser, cameraPassword
		c.Location = []string{"city/Lensmonde", "building/De Polder"}
		c.Log = o.Log
		d, err := s.startCamera(ctx, c)
		if err != nil {
			return err
		}
		*to = d
		return nil
	}
	err := errors.Join(
		start(&s.hall, "11", sim.Camera{
			Name: "hal", Endpoint: hallEndpoint, Vendor: "Lensdop Simulated", Model: "Duo-2L", Firmware: "2.4.1", Serial: "LM-2L-0001", MAC: "02:00:5e:10:00:01",
			Lenses: 2, Masks: true, Scene: sim.Scene{Room: sim.RoomHall, Seed: 11}, OSD: []string{"De Polder hal"}, Analytics: []sim.Module{},
		}),
		start(&s.entrance, "12", sim.Camera{
			Name: "entree", Endpoint: entranceEndoint, Vendor: "Lensdop Simulated", Model: "Turn-1P", Firmware: "1.9.0", Serial: "LM-PTZ-0002", MAC: "02:00:5e:10:00:02",
			PTZ: true, Masks: true, Codec: h265, Scene: sim.Scene{Room: sim.RoomCorridor, Seed: 22}, SubStream: true, OSD: []string{"De Polder entree"}, Analytics: []sim.Module{},
			// It recorded on its own card until the recorder came; what is left goes by itself.
			Recorder: &sim.Recorder{Retention: 28 * 24 * time.Hour, Reach: 12 * 24 * time.Hour, Idle: true},
		}),
		start(&s.carPark, "13", sim.Camera{
			Name: "parkeerterrein", Endpoint: carParkEndpoint, Vendor: "Lensdop Simulated", Model: "Bullet-1", Firmware: "3.0.2", Serial: "LM-BUL-0003", MAC: "02:00:5e:10:00:03",
			Sound: true, Masks: true, Codec: h264, Scene: sim.Scene{Room: sim.RoomCounter, Seed: 33}, OSD: []string{"De Polder parkeerterrein"},
			// As it left the factory, and no protocol names it.
			Analytics: []sim.Module{{Name: "MotionDetection", Type: "CellMotionEngine"}},
		}),
		start(&s.stray, "66", sim.Camera{
			Name: "babycam", Endpoint: strayEndpoint, Vendor: "Noname", Model: "MiniCam", Firmware: "0.1", Serial: "NN-0001", MAC: "02:00:5e:10:00:63",
			Scene: sim.Scene{Room: sim.RoomOffice, Seed: 44}, DiscoveryPort: hidden(o.Fault),
		}),
	)
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	if err := s.faults(o.Fault); err != nil {
		return nil, errors.Join(err, s.close())
	}
	if o.Plant != nil {
		for lens := 1; lens <= 2; lens++ {
			if err := s.hall.Plant(lens, o.Plant); err != nil {
				return nil, errors.Join(err, s.close())
			}
		}
	}
	if s.staff, err = sim.StartReader(ctx, sim.Reader{Frame: sim.ReaderRDM6300, Card: BadgeStaff, Every: o.faster(3 * time.Second), Stays: 3}); err != nil {
		return nil, errors.Join(err, s.close())
	}
	if s.back, err = sim.StartReader(ctx, sim.Reader{Frame: sim.ReaderID12, Card: BadgeStray, Every: o.faster(4 * time.Second)}); err != nil {
		return nil, errors.Join(err, s.close())
	}
	if len(s.unicast) > 0 {
		say("Another program holds UDP port 3702, so the cameras are asked one by one instead of by multicast.")
	}
	return s, nil
}

// startCamera starts a camera with discovery by multicast, or, if another
// program holds the port for itself, on a port of its own.
func (s *site) startCamera(ctx context.Context, c sim.Camera) (*sim.Device, error) {
	d, err := sim.Start(ctx, c)
	if err == nil || c.DiscoveryPort != 0 || !strings.Contains(err.Error(), "3702") {
		return d, err
	}
	l, lerr := (&net.ListenConfig{}).ListenPacket(ctx, "udp4", c.Host+":0")
	if lerr != nil {
		return nil, errors.Join(err, lerr)
	}
	c.DiscoveryPort = l.LocalAddr().(*net.UDPAddr).Port
	if lerr := l.Close(); lerr != nil {
		return nil, errors.Join(err, lerr)
	}
	if d, err = sim.Start(ctx, c); err == nil {
		s.unicast = append(s.unicast, net.JoinHostPort(c.Host, strconv.Itoa(c.DiscoveryPort)))
	}
	return d, err
}

func hidden(fault string) int {
	if fault == FaultUnregisteredHidden {
		return -1
	}
	return 0
}

// faults switches the chosen fault on where it belongs.
func (s *site) faults(fault string) error {
	// Real cameras differ; these forget their masks when they restart.
	err := errors.Join(s.hall.SetFault(sim.FaultForgetsMasks, true))
	switch fault {
	case FaultMaskNotApplied:
		err = errors.Join(err, s.entrance.SetFault(sim.FaultMaskNotApplied, true), s.hall.SetFault(sim.FaultMaskNotApplied, true))
	case FaultStreamDead:
		err = errors.Join(err, s.hall.SetFault(sim.FaultStreamDead, true))
	}
	return err
}

func (s *site) close() error {
	var errs []error
	for _, d := range []*sim.Device{s.hall, s.entrance, s.carPark, s.stray} {
		if d != nil {
			errs = append(errs, d.Close())
		}
	}
	for _, r := range []*sim.ReaderDevice{s.staff, s.back} {
		if r != nil {
			errs = append(errs, r.Close())
		}
	}
	return errors.Join(errs...)
}

// lens is one lens of the site as the simulator itself knows it: the truth
// that the agent's word is compared with.
type lens struct {
	camera string
	device *sim.Device
	n      int
}

func (s *site) lenses() []lens {
	return []lens{
		{"hal-noord", s.hall, 1}, {"hal-zuid", s.hall, 2}, {"entree", s.entrance, 1}, {"parkeerterrein", s.carPark, 1},
	}
}

// flat tells whether a lens's picture, as it goes out now, is one plain tone.
func (l lens) flat() (bool, error) {
	p, err := l.device.Picture(l.n)
	if err != nil {
		return false, err
	}
	return spread(p) < 8, nil
}

// spread is the difference between the brightest and the darkest point.
func spread(p *image.YCbCr) int {
	lo, hi := 255, 0
	for y := p.Rect.Min.Y; y < p.Rect.Max.Y; y++ {
		for x := p.Rect.Min.X; x < p.Rect.Max.X; x++ {
			v := int(p.Y[p.YOffset(x, y)])
			lo, hi = min(lo, v), max(hi, v)
		}
	}
	return hi - lo
}
