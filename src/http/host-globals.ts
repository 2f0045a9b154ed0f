import type { ExceptionFilter, Type } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { FILTER_CATCH_EXCEPTIONS } from '@nestjs/common/constants.js';
import { SettingsError } from '../config/check.js';
import { RouteTable } from './route-table.js';
import {
  type ApplicationConfig,
  ExternalContextCreator,
  HttpAdapterHost,
  type ModulesContainer,
} from '@nestjs/core';

/** What a host has set for its whole app, which Nest applies to our routes too. */
@Injectable()
export class HostGlobals {
  constructor(
    private readonly contexts: ExternalContextCreator,
    private readonly adapterHost: HttpAdapterHost,
    private readonly routes: RouteTable,
  ) {}

  /** Sends an answer past interceptors; undefined where there are none. */
  get reply(): ((response: unknown, body: unknown, status: number) => unknown) | undefined {
    return this.hasInterceptors ? this.send : undefined;
  }

  /** Whether there is one: our own server knows its routes. */
  get isHost(): boolean {
    return this.routes.isEmpty;
  }

  get httpAdapter(): HttpAdapterHost['httpAdapter'] {
    return this.adapterHost.httpAdapter;
  }

  /** What it puts before a path of ours. **Shape** `/api`, or empty. Known once the app is about to listen. */
  prefixOf(path: string): string {
    const prefix = (this.config?.getGlobalPrefix() ?? '').replace(/^\/+|\/+$/g, '');
    const { exclude = [] } = this.config?.getGlobalPrefixOptions() ?? {};
    const isExcluded = exclude.some(({ pathRegex }) => pathRegex.test(path));
    return prefix === '' || isExcluded ? '' : `/${prefix}`;
  }

  private get hasInterceptors(): boolean {
    const { config } = this;
    return (
      !config || config.getGlobalInterceptors().length + config.getGlobalRequestInterceptors().length > 0
    );
  }

  /** The filter that a host has for exceptions of this very kind; one for all of them would word our errors too. */
  filterFor(thrown: unknown): ExceptionFilter | undefined {
    return this.config?.getGlobalFilters().findLast((filter) => {
      const caught = (Reflect.getMetadata(FILTER_CATCH_EXCEPTIONS, filter.constructor) ?? []) as Type[];
      return caught.some((type) => type !== Error && thrown instanceof type);
    });
  }

  private readonly send = (response: unknown, body: unknown, status: number): unknown =>
    this.httpAdapter.reply(response, body, status);

  /** Nest hands it to nobody; this provider of its own carries it. */
  private get config(): ApplicationConfig | undefined {
    const { container } = this.contexts as unknown as {
      container?: { applicationConfig?: ApplicationConfig };
    };
    return container?.applicationConfig;
  }
}

/**
 * Two modules of a kind in one app would share what the first has made, so that what is meant for the second would be
 * written into the database of the first. Nothing has been opened yet. @throws {SettingsError}
 */
export function refuseSecond(modules: ModulesContainer, type: Type): void {
  const count = [...modules.values()].filter(({ metatype }) => metatype === type).length;
  if (count > 1)
    throw new SettingsError([
      `${type.name}: this app imports ${count} of them, and there can be one in a Nest app. Import the same module object everywhere, or give the second an app of its own (docs/nestjs.md)`,
    ]);
}
