package gateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/lensdop/lensdop/agent"
	"github.com/lensdop/lensdop/devices"
)

// byFlags says how to search without a config.
const byFlags = "give --interface, --unicast, or --subnet with --sweep"

func discoverCommand() *cobra.Command {
	var interfaces, subnets, unicast []string
	var timeout time.Duration
	var asJSON, sweep bool
	c := &cobra.Command{
		Use:   "discover",
		Short: "Search the site's networks for devices and mark those that the register does not have",
		Long: "Search the site's networks for devices and mark those that the register does not have.\n" +
			"Nothing is logged in to, and no address outside the given networks is talked to.\n\n" +
			"STATE is how far this gateway gets: unreachable, reachable (something answers there, not a\n" +
			"camera's protocol), no-login (it speaks the protocol; nobody logged in), up (the running agent\n" +
			"is logged in).\n\n" +
			"Exit code 0: everything was searched, and the register has all that was found; without a register\n" +
			"nothing is compared. 3: a device that the register does not have, or a part that could not be\n" +
			"searched. 1: nothing could be searched.\n\n" +
			"--json prints one object: at, judged (there was a register), not_searched (each with interface\n" +
			"or driver, and why) and devices, each with endpoint, address, mac, name, interface, how\n" +
			"(multicast, unicast, hello, rtsp, mdns, neighbour), state, hints (kind and text), first_seen,\n" +
			"last_seen, judged, cameras, device and channels (a recorder's entry and the cameras it shows).",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := load(c)
			if err != nil {
				flags := len(interfaces) > 0 || len(unicast) > 0 || len(subnets) > 0 && sweep
				switch {
				case c.Flags().Changed("config"), !flags && !errors.Is(err, fs.ErrNotExist):
					return err
				case !flags:
					return fmt.Errorf("%w; name one with --config, or search without: %s", err, byFlags)
				}
				cfg = agent.Config{} // a search by flags alone needs no config
			}
			d := &cfg.Discovery
			if len(interfaces) > 0 {
				d.Interfaces = interfaces
			}
			if len(subnets) > 0 {
				d.Subnets = subnets
			}
			if len(unicast) > 0 {
				d.Unicast = unicast
			}
			if c.Flags().Changed("sweep") {
				d.Sweep = sweep
			}
			if timeout <= 0 {
				return fmt.Errorf("--timeout %s: answers need some time; write 3s", timeout)
			}
			if c.Flags().Changed("timeout") || d.Timeout == 0 {
				d.Timeout = agent.Duration(timeout)
			}
			if err := d.Check(); err != nil {
				return err
			}
			if len(d.Interfaces) == 0 && len(d.Unicast) == 0 && !d.Sweep {
				return errors.New("nothing to search: " + byFlags + ", or set discovery.interfaces in the config")
			}
			line := io.Discard
			if !asJSON && isTerminal(c.ErrOrStderr()) {
				line = c.ErrOrStderr()
			}
			p := startProgress(line, *d)
			found, err := agent.Discover(c.Context(), cfg, drivers(logger(c, false)), logger(c, false), p.found)
			p.stop()
			if err != nil {
				return err
			}
			if asJSON {
				e := json.NewEncoder(c.OutOrStdout())
				e.SetIndent("", "  ")
				err = e.Encode(found)
			} else {
				err = errors.Join(printDiscovered(c.OutOrStdout(), found, time.Local), printNotSearched(c.ErrOrStderr(), found))
			}
			if err != nil {
				return err
			}
			if len(found.NotSearched) > 0 {
				return exit{ExitFinding}
			}
			for _, d := range found.Devices {
				if d.Judged && !d.Registered() {
					return exit{ExitFinding}
				}
			}
			return nil
		},
	}
	f := c.Flags()
	f.StringSliceVar(&interfaces, "interface", nil, "network interface to search by multicast, may be repeated")
	f.StringSliceVar(&subnets, "subnet", nil, "only take answers from this subnet, may be repeated")
	f.StringSliceVar(&unicast, "unicast", nil, "host or host:port to ask directly, may be repeated")
	f.BoolVar(&sweep, "sweep", false, "ask every address of the subnets, one by one")
	f.DurationVar(&timeout, "timeout", 3*time.Second, "how long to wait for answers")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// isTerminal tells whether somebody can see a line change.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	raw, err := f.SyscallConn()
	if err != nil {
		return false
	}
	is := false
	err = raw.Control(func(fd uintptr) {
		_, err := unix.IoctlGetTermios(int(fd), unix.TCGETS)
		is = err == nil
	})
	return err == nil && is
}

// progress is a line that says how a search goes, while it goes.
type progress struct {
	w     io.Writer
	where string
	begun time.Time
	done  chan struct{}
	ended sync.WaitGroup

	mu   sync.Mutex
	seen map[string]bool
}

const progressEvery = 200 * time.Millisecond

func startProgress(w io.Writer, d agent.DiscoveryConfig) *progress {
	where := append([]string{}, d.Interfaces...)
	if n := len(d.Unicast); n > 0 {
		where = append(where, fmt.Sprintf("%d addresses", n))
	}
	if d.Sweep {
		where = append(where, d.Subnets...)
	}
	p := &progress{w: w, where: short(strings.Join(where, ", "), 40), begun: time.Now(), done: make(chan struct{}), seen: map[string]bool{}}
	if w == io.Discard {
		return p
	}
	p.ended.Go(func() {
		tick := time.NewTicker(progressEvery)
		defer tick.Stop()
		for {
			p.print()
			select {
			case <-p.done:
				return
			case <-tick.C:
			}
		}
	})
	return p
}

func (p *progress) print() {
	p.mu.Lock()
	n := len(p.seen)
	p.mu.Unlock()
	fmt.Fprintf(p.w, "\r\x1b[Ksearching %s: %.0f s, %d addresses answered", p.where, time.Since(p.begun).Seconds(), n) //nolint:errcheck // a progress line
}

// found counts addresses; results about one are merged only at the end. What
// only stands in the neighbour table, a telephone for example, did not answer.
func (p *progress) found(f devices.Found) {
	if f.How == devices.HowNeighbour {
		return
	}
	host, _, err := net.SplitHostPort(f.Address)
	if err != nil {
		host = f.Address
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen[host] = true
}

// stop ends the line and takes it away.
func (p *progress) stop() {
	close(p.done)
	p.ended.Wait()
	if p.w != io.Discard {
		fmt.Fprint(p.w, "\r\x1b[K") //nolint:errcheck // a progress line
	}
}

// Widths of the table's columns, so that a line has at most 100 characters.
const (
	nameWidth     = 22
	registerWidth = 20
	noteWidth     = 94
)

func printDiscovered(w io.Writer, found agent.Discovery, loc *time.Location) error {
	if len(found.Devices) == 0 {
		_, err := fmt.Fprintln(w, "no device answered")
		return err
	}
	rows := [][]string{{"ADDRESS", "DEVICE", "STATE", "BY", "REGISTER", "FIRST SEEN"}}
	notes := make([][]string, 1, len(found.Devices)+1)
	unregistered := 0
	for _, d := range found.Devices {
		register := "-"
		if d.Judged {
			register = "NOT REGISTERED"
			switch {
			case len(d.Cameras) > 0:
				register = strings.Join(d.Cameras, " ")
			case d.Device != "":
				register = d.Device
			case d.Registered():
				register = "recorder"
			default:
				unregistered++
			}
		}
		by := d.Interface
		if by == "" {
			by = string(d.How)
		}
		rows = append(rows, []string{d.Address, short(nameOr(d), nameWidth), string(d.State), short(by, 9), short(register, registerWidth), when(d.FirstSeen, found.At, loc)})
		var note []string
		for _, h := range d.Hints {
			note = append(note, short(agent.HintWords(h), noteWidth))
		}
		if d.Judged && !d.Registered() && d.Endpoint != "" {
			note = append(note, short("endpoint "+d.Endpoint, noteWidth))
		}
		if d.Judged && !d.Registered() && d.MAC != "" {
			note = append(note, "MAC address "+d.MAC)
		}
		notes = append(notes, note)
	}
	var b strings.Builder
	if err := table(&b, rows); err != nil {
		return err
	}
	for i, line := range strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n") {
		if _, err := fmt.Fprintln(w, strings.TrimRight(line, " ")); err != nil {
			return err
		}
		for _, n := range notes[i] {
			if _, err := fmt.Fprintln(w, "    "+n); err != nil {
				return err
			}
		}
	}
	sum := fmt.Sprintf("%d devices", len(found.Devices))
	if found.Judged {
		sum += fmt.Sprintf(", %d not in the register", unregistered)
	} else {
		sum += "; there is no register to compare with: set protocol: in the config, or run the agent"
	}
	_, err := fmt.Fprintln(w, sum)
	return err
}

// printNotSearched says what nobody looked at: what is not in the table may be
// there.
func printNotSearched(w io.Writer, found agent.Discovery) error {
	for _, u := range found.NotSearched {
		if _, err := fmt.Fprintf(w, "NOT SEARCHED  %s\n", u); err != nil {
			return err
		}
	}
	return nil
}

func nameOr(d agent.Discovered) string {
	if d.Name != "" {
		return d.Name
	}
	return "(no name)"
}

// when is the time of day for today, and the day for what is older.
func when(t, now time.Time, loc *time.Location) string {
	t, now = t.In(loc), now.In(loc)
	if t.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return t.Format("15:04:05")
	}
	return t.Format(time.DateOnly)
}

// short cuts a text to n characters and leaves out what would steer a terminal.
func short(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return ' '
		}
		return r
	}, s)
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}
