package sim

import (
	"maps"
	"net/url"
	"strconv"
	"strings"
	"time"
)

func (d *Device) deviceOps() service {
	ops := map[string]operation{
		"GetSystemDateAndTime": {open: true, do: d.getSystemDateAndTime},
		"GetServices":          {open: true, in: "IncludeCapability", do: d.getServices},
		"GetCapabilities":      {open: true, in: "Category*", do: d.getCapabilities},
		"GetServiceCapabilities": {open: true, do: func(*request) (elem, *soapFault) {
			return el("tds:GetServiceCapabilitiesResponse", el("tds:Capabilities", d.deviceCapabilities())), nil
		}},
		"GetEndpointReference": {open: true, do: func(*request) (elem, *soapFault) {
			return el("tds:GetEndpointReferenceResponse", el("tds:GUID", d.cam.Endpoint)), nil
		}},
		"GetDeviceInformation": {do: func(*request) (elem, *soapFault) {
			return el("tds:GetDeviceInformationResponse",
				el("tds:Manufacturer", d.cam.Vendor), el("tds:Model", d.cam.Model), el("tds:FirmwareVersion", d.cam.Firmware),
				el("tds:SerialNumber", d.cam.Serial), el("tds:HardwareId", "lensdop-sim")), nil
		}},
		"GetScopes":            {do: d.getScopes},
		"GetUsers":             {do: d.getUsers},
		"GetNetworkInterfaces": {do: d.getNetworkInterfaces},
	}
	maps.Copy(ops, d.outputOps())
	maps.Copy(ops, d.managementOps())
	return service{path: deviceService, namespace: nsTDS, capabilities: el("tds:Capabilities", d.deviceCapabilities()), ops: ops}
}

// now in the parts that tt:DateTime has.
func dateTime(name string, t time.Time) elem {
	return el(
		name,
		el("tt:Time", el("tt:Hour", t.Hour()), el("tt:Minute", t.Minute()), el("tt:Second", t.Second())),
		el("tt:Date", el("tt:Year", t.Year()), el("tt:Month", int(t.Month())), el("tt:Day", t.Day())),
	)
}

func (d *Device) getSystemDateAndTime(*request) (elem, *soapFault) {
	now, source := d.now(), "NTP"
	if d.cam.NTP == "" {
		source = "Manual"
	}
	return el("tds:GetSystemDateAndTimeResponse", el(
		"tds:SystemDateAndTime",
		el("tt:DateTimeType", source), el("tt:DaylightSavings", false),
		el("tt:TimeZone", el("tt:TZ", "UTC0")),
		dateTime("tt:UTCDateTime", now), dateTime("tt:LocalDateTime", now),
	)), nil
}

// url is where something is, by the way that the request came.
func (d *Device) url(q *request, path string) string {
	if q != nil && q.http != nil && q.http.TLS != nil {
		return "https://" + d.TLSAddr() + path
	}
	return "http://" + d.Addr() + path
}

// xaddrs are the ways to the device service, for discovery.
func (d *Device) xaddrs() string {
	all := "http://" + d.Addr() + deviceService
	if d.cam.TLS {
		all += " https://" + d.TLSAddr() + deviceService
	}
	return all
}

func (d *Device) getServices(q *request) (elem, *soapFault) {
	capabilities := false
	switch q.value(nsTDS, "IncludeCapability") {
	case "true", "1":
		capabilities = true
	case "false", "0":
	default:
		return elem{}, senderFault("IncludeCapability must be true or false", "ter:InvalidArgs")
	}
	var list []elem
	for _, v := range d.services() {
		if v.capabilities.name == "" {
			continue
		}
		s := el("tds:Service", el("tds:Namespace", v.namespace), el("tds:XAddr", d.url(q, v.path)))
		if capabilities {
			s.kids = append(s.kids, el("tds:Capabilities", v.capabilities))
		}
		s.kids = append(s.kids, el("tds:Version", el("tt:Major", 24), el("tt:Minor", 12)))
		list = append(list, s)
	}
	return el("tds:GetServicesResponse", list), nil
}

func (d *Device) deviceCapabilities() []elem {
	return []elem{
		el("tds:Network", attr{"IPVersion6", "false"}, attr{"NTP", "1"}),
		el("tds:Security", attr{"UsernameToken", "true"}, attr{"HttpDigest", "true"}, attr{"HashingAlgorithms", "MD5,SHA-256"}),
		el("tds:System", attr{"DiscoveryResolve", "true"}, attr{"DiscoveryBye", "true"},
			attr{"GeoLocationEntries", strconv.Itoa(len(d.cam.Geo))}, attr{"StorageConfiguration", strconv.FormatBool(d.cam.Recorder != nil)}),
	}
}

// getCapabilities is the older form of getServices; it knows no Media2.
func (d *Device) getCapabilities(q *request) (elem, *soapFault) {
	wanted := map[string]bool{}
	for _, k := range q.kids {
		if k.name.Space == nsTDS && k.name.Local == "Category" {
			wanted[strings.TrimSpace(k.text)] = true
		}
	}
	want := func(category string) bool { return len(wanted) == 0 || wanted["All"] || wanted[category] }
	c := el("tds:Capabilities")
	if want("Analytics") && d.hasAnalytics() {
		c.kids = append(c.kids, el("tt:Analytics", el("tt:XAddr", d.url(q, analyticsService)),
			el("tt:RuleSupport", d.cam.Rules != nil), el("tt:AnalyticsModuleSupport", true)))
	}
	if want("Device") {
		c.kids = append(c.kids, el("tt:Device", el("tt:XAddr", d.url(q, deviceService))))
	}
	if want("Events") {
		c.kids = append(c.kids, el("tt:Events", el("tt:XAddr", d.url(q, eventService)), el("tt:WSSubscriptionPolicySupport", false),
			el("tt:WSPullPointSupport", true), el("tt:WSPausableSubscriptionManagerInterfaceSupport", false)))
	}
	if want("Imaging") {
		c.kids = append(c.kids, el("tt:Imaging", el("tt:XAddr", d.url(q, imagingService))))
	}
	if want("Media") {
		c.kids = append(c.kids, el("tt:Media", el("tt:XAddr", d.url(q, mediaService)), el(
			"tt:StreamingCapabilities",
			el("tt:RTPMulticast", false), el("tt:RTP_TCP", true), el("tt:RTP_RTSP_TCP", true),
		)))
	}
	if want("PTZ") && d.cam.PTZ {
		c.kids = append(c.kids, el("tt:PTZ", el("tt:XAddr", d.url(q, ptzService))))
	}
	if len(c.kids) == 0 {
		return elem{}, receiverFault("the device has no service of this category", "ter:ActionNotSupported", "ter:NoSuchService")
	}
	return el("tds:GetCapabilitiesResponse", c), nil
}

// scopes as URIs, the same in discovery and in GetScopes.
func (d *Device) scopes() []string {
	const base = "onvif://www.onvif.org/"
	s := []string{
		base + "type/video_encoder",
		base + "Profile/Streaming",
		base + "Profile/T",
		base + "hardware/" + url.PathEscape(d.cam.Model),
		base + "name/" + url.PathEscape(d.cam.Name),
	}
	if d.cam.Sound {
		s = append(s, base+"type/audio_encoder")
	}
	if d.cam.PTZ {
		s = append(s, base+"type/ptz")
	}
	for _, l := range d.cam.Location {
		// A slash divides parts of a location; the rest is text.
		parts := strings.Split(l, "/")
		for i, p := range parts {
			parts[i] = url.PathEscape(p)
		}
		s = append(s, base+"location/"+strings.Join(parts, "/"))
	}
	return s
}

func (d *Device) getScopes(*request) (elem, *soapFault) {
	var list []elem
	for _, s := range d.scopes() {
		def := "Fixed"
		if strings.Contains(s, "/name/") || strings.Contains(s, "/location/") {
			def = "Configurable"
		}
		list = append(list, el("tds:Scopes", el("tt:ScopeDef", def), el("tt:ScopeItem", s)))
	}
	return el("tds:GetScopesResponse", list), nil
}

func (d *Device) getUsers(*request) (elem, *soapFault) {
	list := []elem{el("tds:User", el("tt:Username", d.cam.User), el("tt:UserLevel", "Administrator"))}
	for _, a := range d.cam.Accounts {
		list = append(list, el("tds:User", el("tt:Username", a.Name), el("tt:UserLevel", a.Level)))
	}
	return el("tds:GetUsersResponse", list), nil
}

func (d *Device) getNetworkInterfaces(*request) (elem, *soapFault) {
	return el("tds:GetNetworkInterfacesResponse", el(
		"tds:NetworkInterfaces", attr{"token", "eth0"},
		el("tt:Enabled", true),
		el("tt:Info", el("tt:Name", "eth0"), el("tt:HwAddress", d.cam.MAC), el("tt:MTU", 1500)),
		el("tt:IPv4", el("tt:Enabled", true), el(
			"tt:Config",
			el("tt:Manual", el("tt:Address", d.cam.Host), el("tt:PrefixLength", 8)),
			el("tt:DHCP", false),
		)),
	)), nil
}
