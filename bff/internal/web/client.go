package web

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// trustedProxies are the networks whose X-Forwarded-For is believed.
type trustedProxies []netip.Prefix

// client returns the address of the browser: that of the connection, or where
// the connection is a trusted proxy's, the last address in X-Forwarded-For
// that is not a trusted proxy's too. What stands before it, anybody may have
// written. The result is not valid if the address cannot be read.
func (p trustedProxies) client(r *http.Request) netip.Addr {
	peer, _ := netip.ParseAddrPort(r.RemoteAddr)
	addr := peer.Addr().Unmap()
	if !p.contain(addr) {
		return addr
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		named, err := hopAddress(strings.TrimSpace(hop))
		if err != nil {
			return addr
		}
		addr = named.Unmap().WithZone("")
		if !p.contain(addr) {
			return addr
		}
	}
	return addr
}

// hopAddress reads an address of X-Forwarded-For. Some proxies append the client's
// port, with an IPv6 address in brackets, and some add quotes, as in Forwarded
// (RFC 7239, section 6).
func hopAddress(hop string) (netip.Addr, error) {
	if len(hop) > 1 && hop[0] == '"' && hop[len(hop)-1] == '"' {
		hop = hop[1 : len(hop)-1]
	}
	if inside, ok := strings.CutPrefix(hop, "["); ok {
		hop, _, _ = strings.Cut(inside, "]")
	} else if strings.Count(hop, ":") == 1 {
		hop, _, _ = strings.Cut(hop, ":")
	}
	return netip.ParseAddr(hop)
}

// networkBits is the length of the prefix that one subscriber has of IPv6. Its
// addresses below are free to choose, so they count as one.
const networkBits = 64

// network returns whom an address counts for where one client is bounded.
func network(addr netip.Addr) netip.Prefix {
	bits := addr.BitLen()
	if addr.Is6() {
		bits = networkBits
	}
	subscriber, _ := addr.Prefix(bits) // its length is right
	return subscriber
}

// clientKey names whom a request counts for in the limit for each address.
func (p trustedProxies) clientKey(r *http.Request) string { return network(p.client(r)).String() }

func (p trustedProxies) contain(addr netip.Addr) bool {
	return slices.ContainsFunc(p, func(network netip.Prefix) bool { return network.Contains(addr) })
}
