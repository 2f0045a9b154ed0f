/** Where the databases of the tests are: in memory if there is room. */
export declare const QUICK_DIRECTORY: string;
