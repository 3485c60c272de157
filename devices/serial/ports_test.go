package serial

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/lensdop/lensdop/devices"
)

// tree builds a root with the given files and links.
type tree struct {
	t    *testing.T
	root string
}

func (r tree) file(path, content string) {
	r.t.Helper()
	p := filepath.Join(r.root, path)
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(p, []byte(content), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

func (r tree) link(path, to string) {
	r.t.Helper()
	p := filepath.Join(r.root, path)
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.Symlink(to, p); err != nil {
		r.t.Fatal(err)
	}
}

// usbSerial adds an adapter as the usb-serial drivers show it.
func (r tree) usbSerial(tty, bus, vendor, product, serial string) {
	device := "sys/devices/pci0/usb1/" + bus
	port := device + "/" + bus + ":1.0/" + tty
	r.file(device+"/idVendor", vendor+"\n")
	r.file(device+"/idProduct", product+"\n")
	r.file(device+"/product", "USB Serial\n")
	if serial != "" {
		r.file(device+"/serial", serial+"\n")
	}
	r.file(device+"/"+bus+":1.0/bInterfaceNumber", "00\n")
	r.link(port+"/subsystem", "/sys/bus/usb-serial")
	r.file(port+"/tty/"+tty+"/dev", "188:0\n")
	r.link(port+"/tty/"+tty+"/device", "../../../"+tty)
	r.link("sys/class/tty/"+tty, filepath.Join("../../..", port, "tty", tty))
	r.link("dev/serial/by-path/pci-usb-"+bus, "../../"+tty)
}

func TestList(t *testing.T) {
	r := tree{t, t.TempDir()}
	r.usbSerial("ttyUSB0", "1-1", "0403", "6001", "A50285BI")
	r.link("dev/serial/by-id/usb-FTDI_A50285BI-if00-port0", "../../ttyUSB0")
	// Two clones without a serial number fight for one link.
	r.usbSerial("ttyUSB1", "1-2", "1a86", "7523", "")
	r.usbSerial("ttyUSB2", "1-3", "1a86", "7523", "")
	r.link("dev/serial/by-id/usb-1a86_USB_Serial-if00-port0", "../../ttyUSB2")
	// And two with the same one.
	r.usbSerial("ttyUSB3", "1-4", "10c4", "ea60", "0001")
	r.usbSerial("ttyUSB4", "1-5", "10c4", "ea60", "0001")
	r.link("dev/serial/by-id/usb-CP2102_0001-if00-port0", "../../ttyUSB4")
	// CDC-ACM: the interface itself is the device.
	acm := "sys/devices/pci0/usb1/1-6"
	r.file(acm+"/idVendor", "09d8\n")
	r.file(acm+"/idProduct", "0420\n")
	r.file(acm+"/serial", "S\x1b[31m1\n")
	r.file(acm+"/1-6:1.0/bInterfaceNumber", "00\n")
	r.link(acm+"/1-6:1.0/subsystem", "/sys/bus/usb")
	r.file(acm+"/1-6:1.0/tty/ttyACM0/dev", "166:0\n")
	r.link(acm+"/1-6:1.0/tty/ttyACM0/device", "../../../1-6:1.0")
	r.link("sys/class/tty/ttyACM0", "../../../"+acm+"/1-6:1.0/tty/ttyACM0")
	r.link("dev/serial/by-id/usb-Reader_S1-if00", "../../ttyACM0")
	// A chip on the board, an address without a chip, a console.
	for name, kind := range map[string]string{"ttyS0": "4\n", "ttyS1": "0\n"} {
		r.link("sys/devices/platform/"+name+"/subsystem", "/sys/bus/platform")
		r.file("sys/devices/platform/"+name+"/tty/"+name+"/type", kind)
		r.link("sys/devices/platform/"+name+"/tty/"+name+"/device", "../../../"+name)
		r.link("sys/class/tty/"+name, "../../devices/platform/"+name+"/tty/"+name)
	}
	r.file("sys/devices/virtual/tty/tty0/dev", "4:0\n")
	r.link("sys/class/tty/tty0", "../../devices/virtual/tty/tty0")

	ports, err := list(r.root)
	if err != nil {
		t.Fatal(err)
	}
	type row struct {
		name, path string
		weak       bool
	}
	var got []row
	for _, p := range ports {
		got = append(got, row{p.Name, p.Path, p.Weak})
	}
	want := []row{
		{"/dev/ttyACM0", "/dev/serial/by-id/usb-Reader_S1-if00", false},
		{"/dev/ttyS0", "/dev/ttyS0", true},
		{"/dev/ttyUSB0", "/dev/serial/by-id/usb-FTDI_A50285BI-if00-port0", false},
		{"/dev/ttyUSB1", "/dev/serial/by-path/pci-usb-1-2", true},
		{"/dev/ttyUSB2", "/dev/serial/by-path/pci-usb-1-3", true},
		{"/dev/ttyUSB3", "/dev/serial/by-path/pci-usb-1-4", true},
		{"/dev/ttyUSB4", "/dev/serial/by-path/pci-usb-1-5", true},
	}
	if !slices.Equal(got, want) {
		t.Errorf("ports\n got %v\nwant %v", got, want)
	}
	if usb := ports[2].USB; usb == nil || *usb != (USB{Vendor: "0403", Product: "6001", Serial: "A50285BI", Name: "USB Serial", Interface: "00"}) {
		t.Errorf("adapter of ttyUSB0 is %+v", usb)
	}
	if usb := ports[0].USB; usb == nil || usb.Serial != "S[31m1" {
		t.Errorf("a control character of the adapter's text was kept: %+v", usb)
	}
	if ports[1].USB != nil {
		t.Errorf("the port on the board has an adapter: %+v", ports[1].USB)
	}
}

func TestListWithoutSys(t *testing.T) {
	_, err := list(t.TempDir())
	var e *devices.Error
	if !errors.As(err, &e) || !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("want a *devices.Error about a missing tree, got %v", err)
	}
}

func TestListHere(t *testing.T) {
	if _, err := os.Stat("/sys/class/tty"); err != nil {
		t.Skip("this machine shows no terminals in /sys")
	}
	if _, err := List(); err != nil {
		t.Fatal(err)
	}
}
