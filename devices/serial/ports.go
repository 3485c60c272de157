// Package serial owns the gateway's serial ports: which there are, by what name
// they stay known, and listening to one of them. It never transmits, since on a
// line that has a panel every byte of ours would collide, and it knows nothing
// of what the bytes mean.
package serial

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lensdop/lensdop/devices"
)

// Port is a serial port of the gateway.
type Port struct {
	// Name is what the kernel calls it, /dev/ttyUSB0; it changes with the
	// order of plugging in.
	Name string `json:"name"`
	// Path is the name that stays longest: by id, else by path, else Name.
	Path string `json:"path"`
	// ByID follows the adapter, ByPath the socket that it is plugged into.
	ByID   string `json:"by_id,omitempty"`
	ByPath string `json:"by_path,omitempty"`
	// Weak tells that Path names a socket or a number instead of an adapter:
	// another adapter plugged in there answers to the same name.
	Weak bool `json:"weak"`
	// USB is the adapter, if the port is on USB.
	USB *USB `json:"usb,omitempty"`
}

// USB is what a USB adapter says of itself.
type USB struct {
	Vendor       string `json:"vendor"`  // four hex digits
	Product      string `json:"product"` // four hex digits
	Serial       string `json:"serial,omitempty"`
	Manufacturer string `json:"manufacturer,omitempty"`
	Name         string `json:"name,omitempty"`
	// Interface tells the ports of one adapter apart, two hex digits.
	Interface string `json:"interface,omitempty"`
}

// List returns the ports that have hardware behind them, by name. It opens
// none of them, since opening alone resets some readers. The error is a
// *devices.Error.
func List() ([]Port, error) { return list("/") }

// list reads the trees sys and dev below root.
func list(root string) ([]Port, error) {
	class := filepath.Join(root, "sys/class/tty")
	entries, err := os.ReadDir(class)
	if err != nil {
		return nil, &devices.Error{Device: class, Op: "list the serial ports", Err: err, Remedy: "check that /sys is mounted"}
	}
	byID, err := links(root, "by-id")
	if err != nil {
		return nil, err
	}
	byPath, err := links(root, "by-path")
	if err != nil {
		return nil, err
	}
	var ports []Port
	for _, e := range entries {
		usb, ok := hardware(filepath.Join(class, e.Name()))
		if !ok {
			continue
		}
		ports = append(ports, Port{Name: "/dev/" + e.Name(), ByID: byID[e.Name()], ByPath: byPath[e.Name()], USB: usb})
	}
	for i := range ports {
		ports[i].choose(ports)
	}
	slices.SortFunc(ports, func(a, b Port) int { return strings.Compare(a.Name, b.Name) })
	return ports, nil
}

// choose sets the name that stays longest. Adapters without a serial number,
// or with the same one, share one link by id, which then points at either.
func (p *Port) choose(all []Port) {
	twins := 0
	for _, q := range all {
		if p.USB != nil && q.USB != nil && p.USB.Vendor == q.USB.Vendor && p.USB.Product == q.USB.Product &&
			p.USB.Serial == q.USB.Serial && p.USB.Interface == q.USB.Interface {
			twins++
		}
	}
	switch {
	case p.ByID != "" && p.USB != nil && p.USB.Serial != "" && twins == 1:
		p.Path = p.ByID
	case p.ByPath != "":
		p.Path, p.Weak = p.ByPath, true
	default:
		p.Path, p.Weak = p.Name, true
	}
}

// links maps kernel names to the links of one kind that udev made.
func links(root, kind string) (map[string]string, error) {
	dir := filepath.Join("dev/serial", kind)
	entries, err := os.ReadDir(filepath.Join(root, dir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // udev makes the directory with the first link
	}
	if err != nil {
		return nil, &devices.Error{Device: "/" + dir, Op: "list the serial ports", Err: err}
	}
	m := make(map[string]string, len(entries))
	for _, e := range entries {
		to, err := os.Readlink(filepath.Join(root, dir, e.Name()))
		if err != nil {
			continue // pulled out while we looked
		}
		// Newer udev links one port by several paths; the first is as good.
		if _, have := m[filepath.Base(to)]; !have {
			m[filepath.Base(to)] = "/" + filepath.Join(dir, e.Name())
		}
	}
	return m, nil
}

// hardware tells whether a terminal has a port behind it, and on which adapter.
func hardware(tty string) (*USB, bool) {
	device, err := filepath.EvalSymlinks(filepath.Join(tty, "device"))
	if err != nil {
		return nil, false // consoles and pseudo-terminals have no device
	}
	subsystem, err := os.Readlink(filepath.Join(device, "subsystem"))
	if err != nil {
		return nil, false
	}
	switch filepath.Base(subsystem) {
	case "usb-serial":
		// The device is a port of the interface.
		return adapter(filepath.Dir(device)), true
	case "usb":
		return adapter(device), true
	}
	// 8250 drivers make a terminal for every address that might hold a chip;
	// type 0 is one without.
	return nil, attribute(tty, "type") != "0"
}

// adapter reads the USB device above an interface.
func adapter(iface string) *USB {
	device := filepath.Dir(iface)
	return &USB{
		Vendor:       attribute(device, "idVendor"),
		Product:      attribute(device, "idProduct"),
		Serial:       attribute(device, "serial"),
		Manufacturer: attribute(device, "manufacturer"),
		Name:         attribute(device, "product"),
		Interface:    attribute(iface, "bInterfaceNumber"),
	}
}

// attribute reads one short sysfs file; what is not there is empty.
func attribute(dir, name string) string {
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return ""
	}
	defer f.Close() //nolint:errcheck // nothing was written
	b, err := io.ReadAll(io.LimitReader(f, 256))
	if err != nil {
		return ""
	}
	// An adapter chooses its own texts: nothing that moves a cursor is kept.
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\uFFFD' {
			return -1
		}
		return r
	}, strings.TrimSpace(string(b)))
}

// String names the port and its adapter for a person.
func (p Port) String() string {
	if p.USB == nil {
		return p.Path
	}
	return fmt.Sprintf("%s (%s:%s %s)", p.Path, p.USB.Vendor, p.USB.Product, p.USB.Name)
}
