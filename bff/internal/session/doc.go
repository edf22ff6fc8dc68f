// Package session turns the session cookie of a browser into the user it
// belongs to and a JWT for the task service.
//
// [Cookies] finds the cookie and checks its signature without asking anybody.
// [Sessions] asks Better Auth what the session is worth and remembers the
// answer for a while.
package session
