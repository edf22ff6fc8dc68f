// Package session exchanges the session cookie of a browser for the user and a JWT for
// the task service.
//
// [Cookies] finds the cookie and checks its signature. [Sessions] exchanges it at Better
// Auth and caches the session.
package session
