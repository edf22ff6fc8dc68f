// Package session turns the session cookie of a browser into the user it
// belongs to and a JWT for the task service.
//
// [Cookies] finds the cookie and checks its signature locally. [Sessions] asks
// Better Auth for the session and caches it for a while.
package session
