package sim

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"time"
)

// Camera describes one simulated ONVIF device. Zero fields take the defaults
// given here.
type Camera struct {
	Name string // in logs and in the name scope; default "camera"
	// Host is the device's own address in 127.0.0.0/8. Devices that answer
	// discovery need one each. Default 127.0.0.1.
	Host string
	// HTTPPort and RTSPPort; 0 takes a free one, and keeps it over reboots.
	HTTPPort, RTSPPort int
	// TLS serves HTTPS beside HTTP, on HTTPSPort (0 takes a free one), with a
	// self-signed certificate whose pin Device.Pin tells.
	TLS       bool
	HTTPSPort int
	// DiscoveryPort 0 is 3702, by multicast and unicast; -1 answers no
	// discovery at all; any other port answers unicast only.
	DiscoveryPort int
	Interface     string // for multicast; must be a loopback interface; default "lo"
	Endpoint      string // urn:uuid:…; default made from the host and the serial number

	Vendor, Model, Firmware, Serial, MAC string

	// User and Password log in everywhere: SOAP, snapshot, RTSP.
	User, Password string
	// Accounts are listed by GetUsers beside User; they cannot log in.
	Accounts []Account

	Location []string // values of location scopes, unescaped
	OSD      []string // texts reported as on-screen display; they are not drawn
	Sound    bool     // a microphone: in the profiles, and as a G.711 track
	// Microphones is how many it has, default one with Sound. The main streams
	// carry the first one, the sub-streams the last one.
	Microphones int
	Lenses      int // video sources, default 1, at most 64
	// Channels makes it a recorder: it has one lens for each, and shows other
	// cameras' pictures, which must be up when it starts.
	Channels []Channel
	PTZ      bool // each lens can be turned by itself
	// PTZSpeed is how fast it turns, in units of ONVIF's generic space (-1..1
	// from one end to the other) per second; default 1.
	PTZSpeed float64
	// Presets of every lens that turns; default one, preset_1, straight ahead.
	Presets []Preset

	// Outputs and Inputs are its contacts; Shutter is what an output works.
	Outputs []Output
	Inputs  []Input
	Shutter Shutter

	Hostname string // default the name without spaces
	// NTP is the server that its time comes from; default ntp.example. "-"
	// means that the clock was set by hand.
	NTP string
	Geo []Geo // nil does not know of places; an empty list was given none

	Recorder  *Recorder // nil records nothing
	Analytics []Module  // that are on; an empty list is a device that has none on
	Rules     []Module

	MaxPullPoints int // event subscriptions at once, default 5
	Subscriptions SubscriptionAddress

	// Maker adds that maker's own mask interface, see Makers, on the HTTP port.
	Maker   string
	NoONVIF bool // speaks the maker's own interface, RTSP and snapshots only
	// PrivacyMasking keeps a Dahua's masks under that name, as newer firmware
	// does, and not in VideoWidget.
	PrivacyMasking bool
	// Mirror and UpsideDown are how the camera hangs: the picture is turned,
	// and Axis' interface does not turn with it.
	Mirror, UpsideDown bool

	Masks         bool // Media2 privacy masks
	MaxMasks      int  // per video source configuration, default 8
	RectangleOnly bool
	// SplitConfigurations gives the sub-stream a video source configuration of
	// its own. Masks then count per configuration, so that masking only one
	// of them leaves a stream open.
	SplitConfigurations bool

	Codec string // "mjpeg" (default), "h264" or "h265"; the last two need ffmpeg
	// Width and Height in pixels, multiples of 16 and 8, 64 to 2032, default
	// 640x360. FPS 1 to 30, default 5.
	Width, Height, FPS int
	KeyInterval        time.Duration // between key frames of h264 and h265, default 2 s
	SubStream          bool          // a second profile of each lens at about half size
	Scene              Scene         // lens n shows the scene of seed Seed+n-1
	Overlay            Overlay       // the clock in the picture

	Clock func() time.Time // the device's clock, default time.Now
	Log   *slog.Logger     // default: none

	slow time.Duration // of FaultSlow30s; only tests are in a hurry
}

// maxLenses is what the largest recorders have.
const maxLenses = 64

// Account is a user as GetUsers lists it; level as ONVIF names it
// (Administrator, Operator, User, Anonymous).
type Account struct{ Name, Level string }

// complete fills in defaults and refuses what would not work.
func (c *Camera) complete() error {
	def := func(s *string, v string) {
		if *s == "" {
			*s = v
		}
	}
	num := func(n *int, v int) {
		if *n == 0 {
			*n = v
		}
	}
	def(&c.Name, "camera")
	def(&c.Host, "127.0.0.1")
	if err := c.checkMaker(); err != nil {
		return err
	}
	def(&c.Interface, "lo")
	def(&c.Vendor, "Lensdop")
	def(&c.Model, "Simulated camera")
	def(&c.Firmware, "1.0")
	def(&c.Serial, "SIM-"+c.Host)
	def(&c.MAC, "02:00:"+macTail(c.Host))
	def(&c.User, "admin")
	def(&c.Codec, codecMJPEG)
	def(&c.Endpoint, "urn:uuid:"+nameUUID(c.Host+" "+c.Serial))
	def(&c.Hostname, strings.ReplaceAll(c.Name, " ", "-"))
	def(&c.NTP, "ntp.example")
	if c.NTP == "-" {
		c.NTP = ""
	}
	if len(c.Channels) > 0 {
		c.Channels = slices.Clone(c.Channels)
		c.Lenses = len(c.Channels)
		for i := range c.Channels {
			num(&c.Channels[i].Lens, 1)
			if err := c.Channels[i].check(i + 1); err != nil {
				return err
			}
		}
	}
	num(&c.Lenses, 1)
	num(&c.MaxMasks, 8)
	num(&c.MaxPullPoints, 5)
	if c.Sound {
		num(&c.Microphones, 1)
	}
	c.Sound = c.Microphones > 0
	c.Outputs = slices.Clone(c.Outputs)
	for i := range c.Outputs {
		if c.Outputs[i].Delay == 0 {
			c.Outputs[i].Delay = time.Second
		}
	}
	num(&c.Width, 640)
	num(&c.Height, 360)
	num(&c.FPS, 5)
	if c.slow == 0 {
		c.slow = 30 * time.Second
	}
	if c.PTZSpeed == 0 {
		c.PTZSpeed = 1
	}
	if c.Presets == nil {
		c.Presets = []Preset{{Token: "preset_1", Name: "Working position"}}
	}
	if c.KeyInterval == 0 {
		c.KeyInterval = 2 * time.Second
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	ip := net.ParseIP(c.Host)
	switch {
	case ip == nil || ip.To4() == nil || !ip.IsLoopback():
		return fmt.Errorf("host %q is not an address in 127.0.0.0/8; simulated devices stay on loopback", c.Host)
	case c.Lenses < 1 || c.Lenses > maxLenses:
		return fmt.Errorf("%d lenses; 1 to %d are possible", c.Lenses, maxLenses)
	case c.Codec != codecMJPEG && c.Codec != codecH264 && c.Codec != codecH265:
		return fmt.Errorf("codec %q; choose mjpeg, h264 or h265", c.Codec)
	case c.Width < 64 || c.Height < 64 || c.Width > 2032 || c.Height > 2032 || c.Width%16 != 0 || c.Height%8 != 0:
		return fmt.Errorf("picture of %dx%d; width must be a multiple of 16, height of 8, both 64 to 2032 (RFC 2435)", c.Width, c.Height)
	case c.FPS < 1 || c.FPS > 30:
		return fmt.Errorf("%d frames per second; 1 to 30 are possible", c.FPS)
	case c.PTZSpeed < 0 || len(c.Presets) > maxPresets:
		return fmt.Errorf("a speed of %g and %d presets; speeds are above 0, presets at most %d", c.PTZSpeed, len(c.Presets), maxPresets)
	case c.Shutter.Output != "" && !slices.ContainsFunc(c.Outputs, func(o Output) bool { return o.Token == c.Shutter.Output }):
		return fmt.Errorf("a shutter at output %q, which the camera does not have", c.Shutter.Output)
	case c.SplitConfigurations && !c.SubStream:
		return errors.New("split configurations need a sub-stream")
	}
	return nil
}

// macTail is the last four bytes of an IPv4 address as hardware address bytes.
func macTail(host string) string {
	ip := net.ParseIP(host).To4()
	if ip == nil {
		ip = net.IPv4zero.To4()
	}
	parts := make([]string, len(ip))
	for i, b := range ip {
		parts[i] = fmt.Sprintf("%02x", b)
	}
	return strings.Join(parts, ":")
}
