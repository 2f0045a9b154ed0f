import 'reflect-metadata';
import { describe, expect, test } from '@jest/globals';
import { type CanActivate, type Type, UseGuards } from '@nestjs/common';
import { GUARDS_METADATA, METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { Input } from '../../src/http/input.js';
import { ApiController, Operation } from '../../src/http/operation.js';
import { OPERATIONS, ROUTES } from '../../src/http/operations.js';
import { OriginGuard } from '../../src/http/origin.guard.js';
import { isPublic } from '../../src/http/principal.js';

class AnyGuard implements CanActivate {
  canActivate = () => true;
}

const of = (handler: unknown, name: string): unknown => Reflect.getMetadata(name, handler as object);
const methodOf = ({ prototype }: { prototype: object }, name: string): unknown =>
  (prototype as Record<string, unknown>)[name];

describe('refuses handlers that the wrapper would call incorrectly', () => {
  test('with a default parameter', () =>
    expect(() => {
      class Breaks {
        @Operation('getUser')
        read(_id: string, limit = 10) {
          return limit;
        }
      }
      return Breaks;
    }).toThrow('read must have neither default nor rest parameters'));

  test('with a rest parameter', () =>
    expect(() => {
      class Breaks {
        @Operation('getUser')
        read(_id: string, ...others: string[]) {
          return others;
        }
      }
      return Breaks;
    }).toThrow('read must have neither default nor rest parameters'));

  test('with the name of another route of the operation', () =>
    expect(() => {
      class Breaks {
        @Operation('register')
        register(@Input() input: object) {
          return input;
        }
        signUp() {
          return undefined;
        }
      }
      return Breaks;
    }).toThrow('Breaks has a method signUp already'));
});

describe('checks the origin before hashing the password', () => {
  @ApiController()
  class Login {
    @Operation('login')
    @UseGuards(AnyGuard)
    above() {
      return undefined;
    }

    @UseGuards(AnyGuard)
    @Operation('obtainToken')
    below() {
      return undefined;
    }
  }

  test.each(['above', 'below'] as const)('with the guard %s the name of the operation', (name) =>
    expect(of(methodOf(Login, name), GUARDS_METADATA)).toEqual([OriginGuard, AnyGuard]),
  );
});

test('a further route has the same handler and guards, including those added later', () => {
  @ApiController()
  class User {
    @UseGuards(AnyGuard)
    @Operation('deleteUser')
    remove(@Input() input: object) {
      return input;
    }
  }
  const further = methodOf(User, 'deleteUserByPost');
  const handler = methodOf(User, 'remove');
  expect(of(further, GUARDS_METADATA)).toEqual([OriginGuard, AnyGuard]);
  expect([of(further, METHOD_METADATA), of(further, PATH_METADATA)]).toEqual([1, '/user/delete']);
  expect([of(handler, METHOD_METADATA), of(handler, PATH_METADATA)]).toEqual([3, '/user']);
  expect(isPublic({ getHandler: () => further as () => void, getClass: <T>() => User as Type<T> })).toBe(
    false,
  );
});

test('all routes and operation IDs are unique', () => {
  expect(new Set(ROUTES.map(({ route }) => route)).size).toBe(ROUTES.length);
  expect(new Set(ROUTES.map(({ id }) => id)).size).toBe(ROUTES.length);
});

test('every operation that changes a cookie refuses pages of other origins', () => {
  for (const [name, { cookie, errors }] of Object.entries(OPERATIONS)) {
    // A provider sends its users back from a page of its own; the sealed cookie of the attempt tells whose they are.
    const isGuarded = cookie !== undefined && cookie !== 'sets_from_provider';
    expect([name, errors.includes('origin_refused')]).toEqual([name, isGuarded]);
  }
});
