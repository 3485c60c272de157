package sim

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
)

// Geo is a place and a bearing that a device was given; degrees (WGS 84) and metres.
type Geo struct {
	Entity                         string
	Longitude, Latitude, Elevation float64
	Yaw, Pitch                     float64
}

// management is what clients can set of the device itself.
type management struct {
	mu     sync.Mutex
	noRTSP bool
	hidden bool // from discovery
}

func (m *management) rtspOff() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.noRTSP
}

func (m *management) isHidden() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.hidden
}

// managementOps are operations of the device service.
func (d *Device) managementOps() map[string]operation {
	ops := map[string]operation{
		"GetNetworkProtocols": {do: d.getNetworkProtocols},
		"SetNetworkProtocols": {in: "NetworkProtocols+(tt:Name tt:Enabled tt:Port+ tt:Extension?(~))", do: d.setNetworkProtocols},
		"GetDiscoveryMode": {do: func(*request) (elem, *soapFault) {
			mode := "Discoverable"
			if d.manage.isHidden() {
				mode = "NonDiscoverable"
			}
			return el("tds:GetDiscoveryModeResponse", el("tds:DiscoveryMode", mode)), nil
		}},
		"SetDiscoveryMode": {in: "DiscoveryMode", do: func(q *request) (elem, *soapFault) {
			mode := q.value(nsTDS, "DiscoveryMode")
			if mode != "Discoverable" && mode != "NonDiscoverable" {
				return elem{}, senderFault("a mode is Discoverable or NonDiscoverable", "ter:InvalidArgVal")
			}
			d.manage.mu.Lock()
			defer d.manage.mu.Unlock()
			d.manage.hidden = mode == "NonDiscoverable"
			return el("tds:SetDiscoveryModeResponse"), nil
		}},
		"GetHostname": {do: func(*request) (elem, *soapFault) {
			return el("tds:GetHostnameResponse", el("tds:HostnameInformation", el("tt:FromDHCP", false), el("tt:Name", d.cam.Hostname))), nil
		}},
		"GetNTP": {do: func(*request) (elem, *soapFault) {
			info := el("tds:NTPInformation", el("tt:FromDHCP", false))
			if d.cam.NTP != "" {
				info.kids = append(info.kids, el("tt:NTPManual", el("tt:Type", "DNS"), el("tt:DNSname", d.cam.NTP)))
			}
			return el("tds:GetNTPResponse", info), nil
		}},
	}
	if d.cam.Geo != nil {
		ops["GetGeoLocation"] = operation{do: d.getGeoLocation}
	}
	if d.cam.Recorder != nil {
		ops["GetStorageConfigurations"] = operation{do: d.getStorageConfigurations}
	}
	return ops
}

func (d *Device) getNetworkProtocols(*request) (elem, *soapFault) {
	one := func(name string, on bool, port int) elem {
		return el("tds:NetworkProtocols", el("tt:Name", name), el("tt:Enabled", on), el("tt:Port", port))
	}
	r := el("tds:GetNetworkProtocolsResponse", one("HTTP", true, d.cam.HTTPPort))
	if d.cam.TLS {
		r.kids = append(r.kids, one("HTTPS", true, d.cam.HTTPSPort))
	}
	r.kids = append(r.kids, one("RTSP", !d.manage.rtspOff(), d.cam.RTSPPort))
	return r, nil
}

// setNetworkProtocols switches RTSP. The way by which clients come in stays
// as it is, and so do the ports.
func (d *Device) setNetworkProtocols(q *request) (elem, *soapFault) {
	ports := map[string]int{"HTTP": d.cam.HTTPPort, "RTSP": d.cam.RTSPPort}
	if d.cam.TLS {
		ports["HTTPS"] = d.cam.HTTPSPort
	}
	off := d.manage.rtspOff()
	for _, p := range q.kids {
		name := p.value(nsTT, "Name")
		port, known := ports[name]
		on, f := p.boolean(nsTT, "Enabled", false)
		switch {
		case f != nil:
			return elem{}, f
		case !known:
			return elem{}, senderFault("the device does not have this protocol", "ter:InvalidArgVal", "ter:ServiceNotSupported")
		case p.value(nsTT, "Port") != strconv.Itoa(port):
			return elem{}, senderFault("the port cannot be changed", "ter:InvalidArgVal")
		case name == "RTSP":
			off = !on
		case !on:
			return elem{}, senderFault("this protocol stays on", "ter:InvalidArgVal")
		}
	}
	d.manage.mu.Lock()
	d.manage.noRTSP = off
	d.manage.mu.Unlock()
	if s := d.streams.Load(); off && s != nil {
		s.disconnect()
	}
	return el("tds:SetNetworkProtocolsResponse"), nil
}

func (d *Device) getGeoLocation(*request) (elem, *soapFault) {
	number := func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
	r := el("tds:GetGeoLocationResponse")
	for i, g := range d.cam.Geo {
		r.kids = append(r.kids, el("tds:Location", attr{"Entity", g.Entity}, attr{"Token", fmt.Sprintf("geo_%d", i+1)}, attr{"Fixed", "true"},
			el("tt:GeoLocation", attr{"lon", number(g.Longitude)}, attr{"lat", number(g.Latitude)}, attr{"elevation", number(g.Elevation)}),
			el("tt:GeoOrientation", attr{"pitch", number(g.Pitch)}, attr{"yaw", number(g.Yaw)})))
	}
	return r, nil
}

func (d *Device) getStorageConfigurations(*request) (elem, *soapFault) {
	s := el("tds:StorageConfigurations", attr{"token", "storage_1"})
	if uri := d.cam.Recorder.Storage; uri == "" {
		s.kids = append(s.kids, el("tds:Data", attr{"type", "LocalStorage"}, el("tds:LocalPath", "/mnt/sdcard")))
	} else {
		kind := "NFS"
		if strings.HasPrefix(uri, "smb:") || strings.HasPrefix(uri, "cifs:") {
			kind = "CIFS"
		}
		s.kids = append(s.kids, el("tds:Data", attr{"type", kind}, el("tds:StorageUri", uri)))
	}
	return el("tds:GetStorageConfigurationsResponse", s), nil
}
