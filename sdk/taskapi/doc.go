// Package taskapi is the wire contract of the Tasklane task service: the JSON
// types of its requests and responses, their limits, and the catalog of error
// codes. The task service and the bff turn these types into OpenAPI documents, and the
// SDK sends and receives them, so each type exists once.
//
// JSON is camelCase. Times are RFC 3339 in UTC with at most microseconds.
// Identifiers are UUIDs of version 7. Besides the standard library, the package
// imports only package recurrence.
package taskapi
