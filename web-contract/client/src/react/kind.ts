import type { kindNames } from "../generated/kinds.js";
import type { Resource } from "../index.js";

/** The kinds of which a user has many. */
export type KindName = (typeof kindNames)[number];

/** A resource of one of these kinds. */
export type ListedResource = Extract<Resource, { kind: KindName }>;

/** The data of one kind. */
export type DataOf<Name extends KindName> = Extract<Resource, { kind: Name }>["data"];

/** The data of any kind. */
export type Item = DataOf<KindName>;

/** The name of a field of some kind. */
type Field<Data = Item> = Data extends Item ? keyof Data : never;

/** The rules of a kind that are not in the contract. The methods are called with data and filters of this kind only. */
export interface Kind<Data extends Item = Item, Filters extends object = object> {
  /** The references of a resource to its owners, the nearest first. */
  readonly relations: readonly Relation[];
  /** Sets the fields that follow from a write, as the server will. `before` is undefined for a new resource. */
  settle(next: Data, before: Data | undefined, now: string): Data;
  /** Reports whether the resource belongs to a list; undefined means that only the server knows. */
  matches(data: Data, filters: Filters, lookUp: LookUp): boolean | undefined;
  /** Compares two resources in the order of a list. */
  compare(a: Data, b: Data, filters: Filters): number;
  /** Reports whether only the server knows the content or the order of a list. */
  isServerSide(filters: Filters): boolean;
  /**
   * The other queries over this kind, by the third part of their keys. All are
   * refetched after a change; those with a function are updated at once, too.
   */
  readonly views: Record<string, ((view: never, lookUp: LookUp) => unknown) | undefined>;
}

/**
 * A reference to another resource, the owner. A resource is erased with its
 * owner. If it is restored while its owner stays in the trash, it loses the owner.
 */
export interface Relation {
  /** The field with the owner's id. Resources with the same owner are siblings: they have one manual order. */
  field: Field;
  /** The fields that get the owner's new value if they had its old one. */
  shared: readonly Field[];
  /** The fields that are set together with the owner's; clearing one clears the owner's too. */
  flags?: readonly Field[];
  /** The fields of the owner that decide which lists the resource is in. */
  visibility?: readonly Field[];
}

/** Returns a resource with all pending writes: null if it is gone, undefined if it is not known. */
export type LookUp = (id: string) => Item | null | undefined;
