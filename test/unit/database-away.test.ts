import { describe, expect, test } from "vitest";
import { AppError } from "@/lib/errors";
import { problemOf } from "@/lib/http/problem";
import { saysDatabaseAway } from "@/lib/store/up";

const withCode = (code: string) => Object.assign(new Error("failed"), { code });
const ofPrisma = (cause: Record<string, unknown>) =>
  Object.assign(new Error("Invalid invocation"), { code: "P2010", meta: { driverAdapterError: { cause } } });

describe("an error that says that the database is away", () => {
  test.each([
    ["nobody listens", withCode("ECONNREFUSED")],
    ["the connection broke", withCode("ECONNRESET")],
    ["it is starting", withCode("57P03")],
    ["it was stopped", withCode("57P01")],
    ["too many connections", withCode("53300")],
    ["a connection failure", withCode("08006")],
    ["not reachable, through Prisma", withCode("P1001")],
    ["it is starting, through Prisma", ofPrisma({ kind: "postgres", code: "57P03", originalCode: "57P03" })],
    ["the pool waited in vain", new Error("timeout exceeded when trying to connect")],
    ["the connection ended under a statement", new Error("Connection terminated unexpectedly")],
  ])("%s: 503 with a time to come back", (_, error) => {
    expect(saysDatabaseAway(error)).toBe(true);
    expect(problemOf(error)).toMatchObject({ status: 503, headers: { "retry-after": "2" } });
  });

  test.each([
    ["a bug", new TypeError("x is not a function")],
    ["a unique violation", withCode("23505")],
    ["a unique violation, through Prisma", ofPrisma({ kind: "UniqueConstraintViolation", originalCode: "23505" })],
    ["nothing at all", undefined],
    ["a text", "ECONNREFUSED"],
  ])("%s is not that: 500, and nothing of it is told", (_, error) => {
    expect(saysDatabaseAway(error)).toBe(false);
    expect(problemOf(error)).toMatchObject({ status: 500, body: { detail: "The failure was logged. Trying again may help." } });
  });

  test("an error that we threw on purpose stays what it is", () => {
    expect(problemOf(new AppError("conflict", "Taken.")).status).toBe(409);
  });
});
