package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/policy"
)

// Discovery is what one search of the networks brought.
type Discovery struct {
	At      time.Time    `json:"at"`
	Devices []Discovered `json:"devices"`
	// NotSearched lists what could not be searched; none means that all was.
	NotSearched []Unsearched `json:"not_searched"`
	// Judged tells that there was a register to compare with.
	Judged bool `json:"judged"`
}

// Discovered is one device on the network, held against the register.
type Discovered struct {
	Endpoint string `json:"endpoint,omitempty"`
	Address  string `json:"address"`
	MAC      string `json:"mac,omitempty"`
	// Name is what the device calls itself.
	Name string `json:"name,omitempty"`
	// Interface of the gateway that sees it; empty if it was asked directly.
	Interface string      `json:"interface,omitempty"`
	How       devices.How `json:"how"`
	// State is how far the gateway gets with it; empty if nobody tried.
	State     devices.Reach  `json:"state,omitempty"`
	Hints     []devices.Hint `json:"hints"`
	FirstSeen time.Time      `json:"first_seen"`
	LastSeen  time.Time      `json:"last_seen"`
	// Judged tells that there was a register to compare with.
	Judged bool `json:"judged"`
	// Cameras of the register that this device is.
	Cameras []string `json:"cameras"`
	// Device is its entry under devices, and Channels are the cameras of the
	// register whose picture it has, too: a recorder.
	Device   string   `json:"device,omitempty"`
	Channels []string `json:"channels,omitempty"`
}

// Registered tells that the register knows the device.
func (d Discovered) Registered() bool {
	return len(d.Cameras)+len(d.Channels) > 0 || d.Device != ""
}

func discovered(f devices.Found, r devices.Reach, judged bool) Discovered {
	return Discovered{
		Endpoint: f.Endpoint, Address: f.Address, MAC: f.MAC, Name: nameOf(f), Interface: f.Interface, How: f.How, State: r,
		Hints: append([]devices.Hint{}, f.Hints...), FirstSeen: f.FirstSeen, LastSeen: f.LastSeen, Judged: judged, Cameras: []string{},
	}
}

// HintWords says a hint in words. LLDP tells where the gateway hangs that sees
// the device, and not where the device does.
func HintWords(h devices.Hint) string {
	kind := map[devices.HintKind]string{
		devices.HintRTSP: "speaks RTSP", devices.HintMDNS: "announces", devices.HintOUI: "maker by MAC", devices.HintLLDP: "seen from",
	}[h.Kind]
	return strings.Trim(cmp.Or(kind, string(h.Kind))+": "+h.Text, ": ")
}

// Discover searches the networks of a config once and asks what it found how
// far the gateway gets with it. It logs in nowhere and needs no state; a
// protocol file in the config, or else the running agent, is the register.
// What could not be searched is in the result; the error is for a search that
// could not be done at all.
func Discover(ctx context.Context, cfg Config, drivers []devices.Driver, log *slog.Logger, progress func(devices.Found)) (Discovery, error) {
	o := &orders{site: cfg.Site}
	if cfg.Protocol != "" {
		text, err := readBounded(cfg.Protocol, maxConfig)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return Discovery{}, fmt.Errorf("protocol: %w", err)
		default:
			if o.policy.Protocol, err = policy.Parse(cfg.Protocol, text); err != nil {
				return Discovery{}, err
			}
		}
	}
	a := &Agent{
		cfg: cfg, parts: Parts{Drivers: drivers, ReadOnly: true}, log: log, orders: o, clock: newClock(time.Time{}),
		boxes: map[string]*box{}, routers: map[string]bool{},
	}
	before := a.running(ctx)
	s := a.search(ctx, progress)
	if err := ctx.Err(); err != nil {
		return Discovery{}, err
	}
	if !s.asked && len(s.found) == 0 {
		return Discovery{}, cmp.Or(s.err(), errors.New("no driver of this build searches"))
	}
	leftOut, err := a.takeIn(ctx, s.found)
	if err != nil {
		return Discovery{}, err
	}
	if leftOut > 0 {
		s.missed = append(s.missed, Unsearched{Why: fmt.Sprintf("%d more devices answer than can be listed", leftOut)})
	}
	a.reachSome(ctx, a.reachAll)
	if err := ctx.Err(); err != nil {
		return Discovery{}, err
	}
	d := Discovery{Devices: a.known(), NotSearched: append([]Unsearched{}, s.missed...), Judged: o.policy.Protocol != nil || before.judged}
	d.At, _ = a.clock.now()
	for i := range d.Devices {
		before.addTo(&d.Devices[i], o.policy.Protocol != nil)
	}
	slices.SortStableFunc(d.Devices, func(x, y Discovered) int {
		return cmp.Or(addressOf(x).Compare(addressOf(y)), strings.Compare(x.Endpoint, y.Endpoint))
	})
	return d, nil
}

func addressOf(d Discovered) netip.Addr {
	a, err := netip.ParseAddr(hostOf(d.Address))
	if err != nil {
		return netip.Addr{} // takeIn has left such out
	}
	return a
}

// earlier is what the running agent knows of the devices on the network.
type earlier struct {
	judged  bool
	devices map[string]Discovered
}

// running asks the running agent. That there is none is no fault of a search.
func (a *Agent) running(ctx context.Context) earlier {
	e := earlier{devices: map[string]Discovered{}}
	if a.cfg.Socket == "" {
		return e
	}
	s, err := AskStatus(ctx, a.cfg.Socket)
	if err != nil {
		return e
	}
	for _, d := range s.Devices {
		e.judged = e.judged || d.Judged
		e.devices[deviceKey(d.found())] = d
	}
	return e
}

func (d Discovered) found() devices.Found {
	return devices.Found{Endpoint: d.Endpoint, Address: d.Address, MAC: d.MAC, How: d.How}
}

// addTo adds to a device what the running agent knows of it: since when it is
// there, whether a login works, and what it is where no protocol file says so.
func (e earlier) addTo(d *Discovered, judged bool) {
	b, ok := e.devices[deviceKey(d.found())]
	if ok && !b.FirstSeen.IsZero() && b.FirstSeen.Before(d.FirstSeen) {
		d.FirstSeen = b.FirstSeen
	}
	if ok && b.State == devices.ReachUp && d.State == devices.ReachNoLogin && b.Address == d.Address {
		d.State = devices.ReachUp
	}
	if judged || !e.judged {
		return
	}
	d.Judged = true
	if ok {
		d.Cameras, d.Device, d.Channels = b.Cameras, b.Device, b.Channels
	}
}

// nameOf is what a device calls itself in its scopes: name and hardware
// (ONVIF Core §7.3.2.2).
func nameOf(f devices.Found) string {
	var parts []string
	for _, kind := range []string{"name", "hardware"} {
		for _, s := range f.Scopes {
			rest, ok := strings.CutPrefix(s, "onvif://www.onvif.org/"+kind+"/")
			if !ok {
				continue
			}
			if v, err := url.PathUnescape(rest); err == nil {
				rest = v
			}
			// It ends up on terminals: a device must not steer one, overprint
			// its neighbours or look like further columns.
			parts = append(parts, strings.Join(strings.Fields(strings.Map(func(r rune) rune {
				if !unicode.IsPrint(r) && !unicode.IsSpace(r) || unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Me, r) {
					return -1
				}
				return r
			}, rest)), " "))
			break
		}
	}
	return strings.Join(parts, " ")
}
