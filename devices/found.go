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
	// How tells which kind of search found it: "multicast", "unicast".
	How       string    `json:"how"`
	FirstSeen time.Time `json:"first_seen"`
	LastSeen  time.Time `json:"last_seen"`
}

// Search bounds a discovery.
type Search struct {
	// Interfaces to send multicast by, by name. None means no multicast.
	Interfaces []string
	// Unicast addresses (host or host:port) to ask directly.
	Unicast []string
	// Subnets in CIDR form; an answer from outside all of them is dropped.
	Subnets []string
	// Timeout is how long answers are awaited after the last probe.
	Timeout time.Duration
}

