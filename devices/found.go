package devices

import "time"

// Found is one answer to a search of the network: what a device says of
// itself, and who saw it where. Nothing in it is trusted; only the address
// that answered is ever dialled.
type Found struct {
	// Endpoint is the endpoint reference of WS-Discovery 1.1 §2.6, usually a UUID URN.
	Endpoint string `json:"endpoint"`
	// Address is host:port that answered, with the port of the first usable XAddr.
	Address string `json:"address"`
	// XAddrs are the service addresses that the device announced, as text.
	XAddrs []string `json:"xaddrs,omitempty"`
	Types  []string `json:"types,omitempty"`
	Scopes []string `json:"scopes,omitempty"`
	// Interface is the gateway's network interface that the answer came in by.
	Interface string `json:"interface"`
	// MAC is the hardware address that the gateway's neighbour table has for
	// Address; empty behind a router. It outweighs what the device says.
	MAC string `json:"mac,omitempty"`
	How How    `json:"how"`
	// Hints are what else speaks for a camera or for where it hangs. A hint
	// is never proof: it is what a person is told to go and look at.
	Hints     []Hint    `json:"hints,omitempty"`
	FirstSeen time.Time `json:"first_seen"`
	LastSeen  time.Time `json:"last_seen"`
}

// How tells which kind of search found a device.
type How string

// The kinds of search, the best evidence first: the first two are answers in
// ONVIF's own discovery, the others say only that something is there.
const (
	HowMulticast How = "multicast" // it answered a multicast probe
	HowUnicast   How = "unicast"   // it answered a probe sent to it alone
	HowHello     How = "hello"     // it announced itself
	HowRTSP      How = "rtsp"      // it speaks RTSP on one of the usual ports
	HowMDNS      How = "mdns"      // it announces a camera's service by DNS-SD
	HowNeighbour How = "neighbour" // its hardware address belongs to a maker of cameras
)

// Hint is one sign that an address is a camera, or of where it hangs.
type Hint struct {
	Kind HintKind `json:"kind"`
	// Text is what was seen, in the words of the network: a maker, a service
	// type, an RTSP server's name, a switch and its port.
	Text string `json:"text"`
}

// HintKind tells what a hint rests on.
type HintKind string

// The kinds of hint.
const (
	HintRTSP HintKind = "rtsp" // OPTIONS was answered (RFC 2326 §10.1, RFC 7826 §13.1)
	HintMDNS HintKind = "mdns" // RFC 6763
	HintOUI  HintKind = "oui"  // the maker that the MAC address is assigned to (IEEE 802)
	HintLLDP HintKind = "lldp" // switch and port (IEEE 802.1AB)
)

// Announcement is what a device says unasked: that it came, or that it goes.
// Anybody on the network can send one, so a Bye is a reason to go and ask, and
// never a reason to forget a device.
type Announcement struct {
	Found
	Bye bool `json:"bye,omitempty"`
}

// Reach tells how far the gateway gets with a device.
type Reach string

// The reaches, in rising order. The zero value means that nobody tried.
const (
	ReachUnreachable Reach = "unreachable" // nothing accepts a connection
	ReachReachable   Reach = "reachable"   // something accepts a connection, and does not speak the driver's protocol
	ReachNoLogin     Reach = "no-login"    // it speaks the protocol; there is no login, or it refuses ours
	ReachUp          Reach = "up"          // it lets us in
)

// Search bounds a discovery.
type Search struct {
	// Interfaces to send multicast by, by name. None means no multicast.
	Interfaces []string
	// Unicast addresses (host or host:port) to ask directly.
	Unicast []string
	// Subnets in CIDR form; an answer from outside all of them is dropped,
	// and no address outside them is ever dialled. Without any, only the
	// subnets of Interfaces and the addresses of Unicast count.
	Subnets []string
	// Sweep asks every address of Subnets, one by one, for networks that do
	// not pass multicast.
	Sweep bool
	// Rate bounds what is sent in a sweep, in datagrams or connections a
	// second; 0 means the driver's default.
	Rate int
	// Progress is told now and then how many questions of a sweep were asked,
	// of how many; never beside found. May be nil.
	Progress func(asked, of int)
	// Timeout is how long answers are awaited after the last probe.
	Timeout time.Duration
}
