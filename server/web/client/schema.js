// Holds what arrived to its schema, and fills in what was left out. The schemas are generated from the Python models.

import { SCHEMA_PARTS } from "./constants.js";

/** @typedef {import("./constants.js").Schema} Schema */

/** Where a value breaks its schema. */
export class SchemaError extends Error {}

/**
 * Returns the value with its defaults filled in; keys that the schema does not know are dropped.
 * @param {unknown} value
 * @param {Schema} schema
 * @param {string} where
 * @returns {unknown}
 * @throws {SchemaError}
 */
export function checked(value, schema, where) {
  if (schema.part !== undefined) return checked(value, /** @type {Schema} */ (SCHEMA_PARTS[schema.part]), where);
  if (schema.anyOf !== undefined) return checkedOption(value, schema.anyOf, where);
  if (schema.const !== undefined && value !== schema.const)
    throw new SchemaError(`${where}: another value is expected`);
  if (schema.enum !== undefined && !schema.enum.includes(value))
    throw new SchemaError(`${where}: not one of the choices`);
  switch (schema.type) {
    case "object":
      return checkedObject(value, schema, where);
    case "array":
      return checkedArray(value, schema, where);
    case "integer":
      if (!Number.isSafeInteger(value)) throw new SchemaError(`${where}: not a whole number`);
      return checkedNumber(/** @type {number} */ (value), schema, where);
    case "number":
      if (typeof value !== "number" || !Number.isFinite(value)) throw new SchemaError(`${where}: not a number`);
      return checkedNumber(value, schema, where);
    case "null":
      if (value !== null) throw new SchemaError(`${where}: not nil`);
      return value;
    default:
      if (typeof value !== schema.type) throw new SchemaError(`${where}: not a ${schema.type}`);
      return value;
  }
}

/** @param {unknown} value @param {Schema[]} options @param {string} where */
function checkedOption(value, options, where) {
  for (const option of options) {
    try {
      return checked(value, option, where);
    } catch (error) {
      if (!(error instanceof SchemaError)) throw error;
    }
  }
  throw new SchemaError(`${where}: fits none of the types`);
}

/** @param {number} value @param {Schema} schema @param {string} where */
function checkedNumber(value, schema, where) {
  if (value < (schema.minimum ?? -Infinity) || value > (schema.maximum ?? Infinity)) {
    throw new SchemaError(`${where}: out of range`);
  }
  return value;
}

/** @param {unknown} value @param {Schema} schema @param {string} where */
function checkedArray(value, schema, where) {
  if (!Array.isArray(value)) throw new SchemaError(`${where}: not an array`);
  const { items, prefixItems } = schema;
  if (prefixItems !== undefined && prefixItems.length !== value.length) throw new SchemaError(`${where}: wrong length`);
  return value.map((item, index) => checked(item, prefixItems?.[index] ?? items ?? {}, `${where}.${index}`));
}

/** @param {unknown} value @param {Schema} schema @param {string} where */
function checkedObject(value, schema, where) {
  if (typeof value !== "object" || value === null || Array.isArray(value) || value instanceof Uint8Array) {
    throw new SchemaError(`${where}: not a map`);
  }
  const given = /** @type {Record<string, unknown>} */ (value);
  /** @type {Record<string, unknown>} */
  const result = {};
  if (schema.additionalProperties !== undefined) {
    for (const [key, item] of Object.entries(given)) {
      result[key] = checked(item, schema.additionalProperties, `${where}.${key}`);
    }
  }
  for (const [key, field] of Object.entries(schema.properties ?? {})) {
    if (Object.hasOwn(given, key)) result[key] = checked(given[key], field, `${where}.${key}`);
    else if (schema.required?.includes(key)) throw new SchemaError(`${where}.${key}: missing`);
    else result[key] = structuredClone(field.default);
  }
  return result;
}
