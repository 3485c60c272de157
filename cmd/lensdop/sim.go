package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/lensdop/lensdop/devices/sim"
)

func simCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "sim",
		Short: "Run simulated devices on the loopback network",
		Args:  cobra.NoArgs, RunE: usage,
	}
	c.AddCommand(simCameraCommand(), simReaderCommand())
	return c
}

// simulatedCamera is what a started camera says of itself.
type simulatedCamera struct {
	Endpoint string   `json:"endpoint"`
	ONVIF    string   `json:"onvif"`
	Streams  []string `json:"streams"` // main stream of each lens
	User     string   `json:"user"`
	Password string   `json:"password"` // of the simulation only
	// TLS is where the services are over TLS, and Pin what its certificate is
	// known by, as the agent's credentials write it.
	TLS string `json:"tls,omitempty"`
	Pin string `json:"pin,omitempty"`
}

// String is the same for a person.
func (s simulatedCamera) String() string {
	text := fmt.Sprintf("%s\nonvif   %s\nstream  %s\nlogin   %s / %s",
		s.Endpoint, s.ONVIF, strings.Join(s.Streams, "\n        "), s.User, s.Password)
	if s.TLS != "" {
		text += fmt.Sprintf("\ntls     %s\npin     %s", s.TLS, s.Pin)
	}
	return text
}

// simulatedReader is what a started reader says of itself.
type simulatedReader struct {
	Port  string `json:"port"`
	Frame string `json:"frame"`
}

// String is the port alone, so that a script can use it.
func (s simulatedReader) String() string { return s.Port }

// announce says that a device is up and where.
func announce(c *cobra.Command, asJSON bool, device fmt.Stringer) error {
	if asJSON {
		return json.NewEncoder(c.OutOrStdout()).Encode(device)
	}
	_, err := fmt.Fprintln(c.OutOrStdout(), device)
	return err
}

func simCameraCommand() *cobra.Command {
	cam := sim.Camera{Vendor: "Lensdop Simulated", Model: "Camera", Firmware: "1.0.0", Serial: "SIM-1"}
	var room, overlay, storage string
	var asJSON, park, contact, recorder bool
	var retention time.Duration
	var faults []string
	c := &cobra.Command{
		Use:   "camera",
		Short: "Run a simulated ONVIF camera until it is told to stop",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cam.Scene.Room, cam.Overlay = sim.Room(room), sim.Overlay(overlay)
			if cam.Maker != "" && !c.Flags().Changed("vendor") {
				cam.Vendor = "" // that of the maker
			}
			if slices.Contains(faults, sim.FaultSelfSigned) {
				cam.TLS = true
			}
			if park {
				cam.PTZ = true
				cam.Presets = []sim.Preset{{Token: "preset_1", Name: "Working position"}, {Token: "preset_2", Name: "park", Pan: -1, Tilt: 1, Sees: sim.CoverTape}}
			}
			if contact {
				cam.Outputs = []sim.Output{{Token: "output_1"}}
				cam.Shutter = sim.Shutter{Output: "output_1"}
			}
			if recorder {
				cam.Recorder = &sim.Recorder{Retention: retention, Storage: storage}
			}
			cam.Log = slog.New(slog.NewTextHandler(c.ErrOrStderr(), nil))
			d, err := sim.Start(c.Context(), cam)
			if err != nil {
				return err
			}
			defer d.Close() //nolint:errcheck // the process ends here
			for _, f := range faults {
				if err := d.SetFault(f, true); err != nil {
					return err
				}
			}
			up := simulatedCamera{Endpoint: d.Endpoint(), ONVIF: "http://" + d.Addr() + "/onvif/device_service", User: cam.User, Password: cam.Password}
			for lens := range cam.Lenses {
				up.Streams = append(up.Streams, d.RTSPURL(lens+1))
			}
			if cam.TLS {
				up.TLS = "https://" + d.TLSAddr() + "/onvif/device_service"
				up.Pin = "sha256:" + base64.StdEncoding.EncodeToString(d.Pin())
			}
			if err := announce(c, asJSON, up); err != nil {
				return err
			}
			<-c.Context().Done()
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&cam.Name, "name", "camera", "name scope")
	f.StringVar(&cam.Host, "host", "127.0.0.1", "address in 127.0.0.0/8")
	f.IntVar(&cam.HTTPPort, "http", 0, "port of the ONVIF services; 0 takes any")
	f.IntVar(&cam.RTSPPort, "rtsp", 0, "port of the streams; 0 takes any")
	f.IntVar(&cam.DiscoveryPort, "discovery", 0, "0: multicast on port 3702; -1: none; else unicast on this port")
	f.StringVar(&cam.Endpoint, "endpoint", "", "WS-Discovery endpoint, urn:uuid:...")
	f.StringVar(&cam.Vendor, "vendor", cam.Vendor, "maker that it names")
	f.StringVar(&cam.Model, "model", cam.Model, "model that it names")
	f.StringVar(&cam.Firmware, "firmware", cam.Firmware, "firmware that it names")
	f.StringVar(&cam.Serial, "serial", cam.Serial, "serial number that it names")
	f.StringSliceVar(&cam.Location, "location", nil, "location scope, may be repeated")
	f.StringVar(&cam.User, "user", "lensdop", "login name")
	f.StringVar(&cam.Password, "password", "simulated", "login password, of the simulation only")
	f.IntVar(&cam.Lenses, "lenses", 1, "video sources")
	f.BoolVar(&cam.PTZ, "ptz", false, "can turn")
	f.Float64Var(&cam.PTZSpeed, "ptz-speed", 1, "of turning: of ONVIF's -1..1 in a second")
	f.BoolVar(&park, "park", false, "can turn, and has a preset named park that looks into the housing")
	f.BoolVar(&contact, "contact", false, "has an output, output_1, that closes a shutter before its lenses")
	f.BoolVar(&recorder, "recorder", false, "records, in numbers only: nothing is kept but times")
	f.DurationVar(&retention, "retention", 0, "of its recordings; 0 keeps them for ever")
	f.StringVar(&storage, "storage", "", "where it records to, an address; empty is a card in the device")
	f.BoolVar(&cam.TLS, "tls", false, "HTTPS beside HTTP, with a self-signed certificate")
	f.IntVar(&cam.HTTPSPort, "https", 0, "port of the ONVIF services over TLS; 0 takes any")
	f.IntVar(&cam.MaxMasks, "max-masks", 8, "that a video source configuration holds")
	f.BoolVar(&cam.SplitConfigurations, "split", false, "the second stream has a video source configuration of its own")
	f.IntVar(&cam.Microphones, "microphones", 0, "how many it has; 0 is one with --sound")
	f.BoolVar(&cam.Sound, "sound", false, "has a microphone")
	f.StringVar(&cam.Maker, "maker", "", "has its own masks: "+strings.Join(sim.Makers(), ", "))
	f.BoolVar(&cam.NoONVIF, "no-onvif", false, "speaks the maker's own interface and RTSP only")
	f.BoolVar(&cam.PrivacyMasking, "privacy-masking", false, "keeps a Dahua's masks as newer firmware does")
	f.BoolVar(&cam.Mirror, "mirror", false, "turns the picture left to right")
	f.BoolVar(&cam.UpsideDown, "upside-down", false, "turns the picture by half a turn")
	f.BoolVar(&cam.Masks, "masks", true, "has Media2 privacy masks")
	f.BoolVar(&cam.RectangleOnly, "rectangle-only", false, "masks are rectangles")
	f.BoolVar(&cam.SubStream, "substream", true, "has a second stream of half the size")
	f.StringVar(&cam.Codec, "codec", "mjpeg", "mjpeg, h264 or h265 (the last two need ffmpeg)")
	f.IntVar(&cam.FPS, "fps", 5, "pictures a second")
	f.DurationVar(&cam.KeyInterval, "key-interval", 2*time.Second, "between key frames of h264 and h265")
	f.StringVar(&room, "room", string(sim.RoomHall), "hall, office, corridor or counter")
	f.Int64Var(&cam.Scene.Seed, "seed", 1, "of the scene")
	f.StringVar(&overlay, "overlay", "", "the clock in the picture: under masks (default), over or none")
	f.BoolVar(&asJSON, "json", false, "print where it is as one JSON line")
	f.StringSliceVar(&faults, "fault", nil, "misbehave:\n"+strings.Join(sim.FaultNames(), ",\n"))
	return c
}

func simReaderCommand() *cobra.Command {
	var r sim.Reader
	var frame string
	var asJSON bool
	c := &cobra.Command{
		Use:   "reader",
		Short: "Run a simulated badge reader on a pseudo-terminal until it is told to stop",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			r.Frame = sim.ReaderFrame(frame)
			d, err := sim.StartReader(c.Context(), r)
			if err != nil {
				return err
			}
			defer d.Close() //nolint:errcheck // the process ends here
			if err := announce(c, asJSON, simulatedReader{Port: d.Port(), Frame: frame}); err != nil {
				return err
			}
			<-c.Context().Done()
			return nil
		},
	}
	f := c.Flags()
	f.BoolVar(&asJSON, "json", false, "print where it is as one JSON line")
	f.StringVar(&frame, "frame", string(sim.ReaderRDM6300), "rdm6300, id12, wiegand-hex or wiegand-decimal")
	f.StringVar(&r.Card, "card", BadgeExample, "invented card that it reads")
	f.DurationVar(&r.Every, "every", 3*time.Second, "between two cards")
	f.IntVar(&r.Stays, "stays", 1, "frames per card, 50 ms apart")
	return c
}

// BadgeExample is an invented card, in the ten hex digits of an RDM6300 frame.
const BadgeExample = "0100FACADE"
